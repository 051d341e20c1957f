//! The tools of a server by their names, and how they are listed.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use serde_json::json;

use crate::error::Misuse;
use crate::protocol::{Fault, base64};
use crate::registry::{FunctionRegistry, nearest, shorten};

use super::reply::Tail;
use super::tool::Tool;
use super::tools::Tools;

/// What a server was told about tools, and what has become of it.
#[derive(Debug, Clone)]
pub(crate) struct Mcp {
    tools: Tools,
    catalog: OnceLock<Result<Arc<Catalog>, Misuse>>,
}

/// The tools of a server.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Ordered by name.
    tools: Vec<Tool>,
    page_size: usize,
    /// What the server is called, as the text of an object.
    pub(crate) server_info: String,
    /// How the server says what it is for: the text of a member, behind a comma, or nothing.
    pub(crate) instructions: String,
    /// What stands at the end of results.
    pub(crate) tail: Tail,
}

/// Which tools a caller is shown.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// The names of the functions that they may call; `None` where they are shown all.
    pub(crate) functions: Option<HashSet<String>>,
    /// Whether the others are as good as none.
    pub(crate) hides: bool,
}

impl Shown {
    fn has(&self, tool: &Tool) -> bool {
        self.functions.as_ref().is_none_or(|functions| functions.contains(&tool.function))
    }
}

impl Mcp {
    pub(crate) fn new(tools: Tools) -> Self {
        Self { tools, catalog: OnceLock::new() }
    }

    /// The tools among the functions, which are looked through once.
    ///
    /// # Errors
    ///
    /// Where there are no functions, none is a tool, or one that is cannot be.
    pub(crate) fn catalog(&self, functions: Option<&FunctionRegistry>) -> Result<&Catalog, Misuse> {
        let catalog =
            self.catalog.get_or_init(|| Catalog::of(functions, &self.tools).map(Arc::new));
        catalog.as_deref().map_err(Clone::clone)
    }
}

impl Catalog {
    fn of(functions: Option<&FunctionRegistry>, chosen: &Tools) -> Result<Self, Misuse> {
        let Some(registry) = functions else {
            let problem = "no `FunctionRegistry` is found at the end of the stack; have each layer's `inner` say what it is around";
            return Err(Misuse::NoTools { problem });
        };
        let mut tools = Vec::new();
        for function in registry.functions().filter(|function| chosen.has(function)) {
            tools.push(Tool::of(function, registry)?);
        }
        for function in FunctionRegistry::introspection().filter(|f| chosen.has_system(f)) {
            if registry.signature(function.name()).is_none() {
                tools.push(Tool::of(function, registry)?);
            }
        }
        if tools.is_empty() {
            return Err(Misuse::NoTools { problem: chosen.advice() });
        }
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        let mut neighbours = tools.iter().zip(tools.iter().skip(1));
        if let Some((one, other)) = neighbours.find(|(a, b)| a.name == b.name) {
            let problem = format!(
                "its name as a tool is `{}`, and that is `{}`'s too; give one of them another with #[rpc_export(name = \"…\")], or do not make it a tool",
                one.name, other.function
            );
            let function = one.function.clone();
            return Err(Misuse::Tool { function, problem: problem.into() });
        }
        let service = registry.service();
        let server_info = json!({ "name": service.title(), "version": service.api_version() });
        let about = service.about().map(|about| format!(",\"instructions\":{}", json!(about)));
        Ok(Self {
            tools,
            page_size: chosen.page_size,
            tail: Tail::of(&server_info),
            server_info: server_info.to_string(),
            instructions: about.unwrap_or_default(),
        })
    }

    /// The tool of a name, its own or the function's.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub(crate) fn find(&self, name: &str, shown: &Shown) -> Result<&Tool, Fault> {
        let has = |tool: &&Tool| shown.has(tool) || !shown.hides;
        if let Some(tool) = self.place(name).ok().map(|place| &self.tools[place]).filter(has) {
            return Ok(tool);
        }
        if let Some(tool) = self.tools.iter().filter(has).find(|tool| tool.function == name) {
            return Ok(tool);
        }
        let near = self.tools.iter().filter(|tool| shown.has(tool));
        let near = nearest(name, near.map(|tool| tool.name.as_str()));
        let advice = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let name = shorten(name);
        Err(Fault::invalid_params(format!("no tool `{name}` is served here{advice}")))
    }

    /// The tools that are listed behind a cursor, as the text of an array, and where the list goes on. It takes not many
    /// more bytes than `limit`.
    ///
    /// # Errors
    ///
    /// Where the cursor is none of ours.
    pub(crate) fn page(
        &self,
        cursor: Option<&str>,
        limit: usize,
        shown: &Shown,
    ) -> Result<(String, Option<String>), Fault> {
        let tools: Vec<_> = self.tools.iter().filter(|tool| shown.has(tool)).collect();
        let start = match cursor {
            None => 0,
            Some(cursor) => behind(&tools, cursor).ok_or_else(|| {
                Fault::invalid_params(
                    "the cursor is none that `tools/list` has given; list the tools from the beginning, without a cursor",
                )
            })?,
        };
        let mut list = String::from("[");
        let mut end = start;
        for tool in tools.iter().skip(start).take(self.page_size) {
            if end > start {
                if list.len() + tool.json.len() > limit {
                    break;
                }
                list.push(',');
            }
            list.push_str(&tool.json);
            end += 1;
        }
        list.push(']');
        let next = (end < tools.len()).then(|| end.checked_sub(1)).flatten();
        Ok((list, next.map(|last| base64::encode(tools[last].name.as_bytes()))))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.tools.binary_search_by(|tool| tool.name.as_str().cmp(name))
    }
}

/// The place behind the tool that a cursor names.
fn behind(tools: &[&Tool], cursor: &str) -> Option<usize> {
    let name = String::from_utf8(base64::decode(cursor)?).ok()?;
    Some(tools.binary_search_by(|tool| tool.name.as_str().cmp(&name)).ok()? + 1)
}
