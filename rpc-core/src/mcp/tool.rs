//! A function as a tool: its name, and what a model is told of it.

use serde_json::{Map, Value, json};

use crate::error::Misuse;
use crate::protocol::Call;
use crate::registry::description::ToolSchemas;
use crate::registry::{FunctionRegistry, Signature};

/// A function as a tool.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    /// The name that models call it by.
    pub(crate) name: String,
    /// The function's own.
    pub(crate) function: String,
    /// What is listed of it: an object.
    pub(super) json: String,
    pub(crate) wrapping: Wrapping,
    /// How many parameters, the first, have no names: those of a closure.
    unnamed: usize,
}

/// Whether a result is wrapped as `{"result": …}`, because it is to be an object and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// As its schema says, whatever comes.
    Always,
    /// It is an object by its schema.
    Never,
    /// Where it is no object: nothing is known of its type.
    Unless,
}

impl Wrapping {
    /// Whether a result, as JSON text, is wrapped.
    pub(super) fn wraps(self, json: &str) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Unless => !json.starts_with('{'),
        }
    }
}

/// As long as a tool's name may be: there are clients that refuse the whole list for a longer one.
const LONGEST: usize = 64;

impl Tool {
    /// Makes a tool of a function.
    ///
    /// # Errors
    ///
    /// Where no client would take its name.
    pub(super) fn of(function: &Signature, registry: &FunctionRegistry) -> Result<Self, Misuse> {
        let name = name(function)?;
        let schemas = schemas(function, registry);
        let wrapping = match schemas.output {
            Some(_) if schemas.is_wrapped => Wrapping::Always,
            Some(_) => Wrapping::Never,
            None => Wrapping::Unless,
        };
        let parameters = function.parameters().iter();
        let unnamed = parameters.take_while(|parameter| parameter.name.is_empty()).count();
        let mut tool = json!({
            "name": name,
            "description": description(function),
            "inputSchema": schemas.input,
            "annotations": annotations(function),
        });
        if let Some(title) = title(function.doc()) {
            tool["title"] = title.into();
        }
        if let Some(output) = schemas.output {
            tool["outputSchema"] = output;
        }
        let (function, json) = (function.name().to_owned(), tool.to_string());
        Ok(Self { name, function, json, wrapping, unnamed })
    }
}

impl Tool {
    /// Arguments that are given by position, out of an object of all: those of parameters without names, which are
    /// `arg1`, `arg2` and so on there. The texts of an array and of an object.
    pub(crate) fn by_position(&self, arguments: &str) -> Option<(String, String)> {
        if self.unnamed == 0 {
            return None;
        }
        let call = Call::new("", "[]", arguments).ok()?;
        let mut positions = vec![None; self.unnamed];
        let mut others = Vec::new();
        for (name, text) in call.keyword().iter() {
            let number = name.strip_prefix("arg").and_then(|number| number.parse::<usize>().ok());
            match number.and_then(|number| positions.get_mut(number.checked_sub(1)?)) {
                Some(place) => *place = Some(text),
                None => others.push(format!("{}:{text}", Value::from(&*name))),
            }
        }
        let given: Vec<_> = positions.into_iter().map_while(|text| text).collect();
        Some((format!("[{}]", given.join(",")), format!("{{{}}}", others.join(","))))
    }
}

/// The name of a function as a tool: dots are not taken by every client.
fn name(function: &Signature) -> Result<String, Misuse> {
    let name = function.name().replace('.', "_");
    let refuse = |problem: String| {
        let advice = "give it another with #[rpc_export(name = \"…\")], or do not make it a tool";
        let problem = format!("{problem}; {advice}").into();
        Err(Misuse::Tool { function: function.name().to_owned(), problem })
    };
    let is_taken = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if let Some(strange) = name.chars().find(|c| !is_taken(*c)) {
        return refuse(format!(
            "clients take letters of ASCII, digits, `_` and `-` in a tool's name, and it has {strange:?}"
        ));
    }
    match name.len() {
        0 => refuse("it has no name".to_owned()),
        length if length > LONGEST => refuse(format!(
            "clients take names of at most {LONGEST} characters, and it has {length}"
        )),
        _ => Ok(name),
    }
}

/// The first paragraph of a documentation, where that is one short line.
fn title(doc: &str) -> Option<String> {
    const LONGEST: usize = 80;
    let mut lines = doc.lines().map(str::trim);
    let first = lines.next()?;
    let is_alone = lines.next().is_none_or(str::is_empty);
    let title = first.trim_end_matches('.').replace('`', "");
    let is_title = is_alone && !title.is_empty() && title.chars().count() <= LONGEST;
    is_title.then_some(title)
}

/// What a model reads of a function: its documentation, or how it is called where there is none.
fn description(function: &Signature) -> String {
    let mut description = match function.doc() {
        "" => function.to_string(),
        doc => doc.to_owned(),
    };
    match function.deprecation() {
        None => {}
        Some("") => description.push_str("\n\nDeprecated."),
        Some(note) => {
            description.push_str("\n\nDeprecated: ");
            description.push_str(note);
        }
    }
    description
}

/// What running it does. All is said, also what is not known: then the careful answer.
fn annotations(function: &Signature) -> Value {
    let reads = function.is_read_only();
    json!({
        "readOnlyHint": reads,
        "destructiveHint": function.is_destructive().unwrap_or(!reads),
        "idempotentHint": reads || function.is_idempotent(),
        "openWorldHint": function.is_open_world().unwrap_or(true),
    })
}

/// What a tool takes and returns. A function that every server has is described by its names alone.
fn schemas(function: &Signature, registry: &FunctionRegistry) -> ToolSchemas {
    registry.tool_schemas(function.name()).unwrap_or_else(|| {
        let names = function.parameters().iter().map(|parameter| parameter.name);
        let properties: Map<_, _> = names.map(|name| (name.to_owned(), json!({}))).collect();
        let input = json!({ "type": "object", "properties": properties });
        ToolSchemas { input, output: None, is_wrapped: false }
    })
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn a_title_is_a_short_line_that_stands_alone() {
        for (doc, expected) in [
            ("", None),
            ("Adds.", Some("Adds")),
            ("Adds `a` and `b`.\n\nThey are numbers.", Some("Adds a and b")),
            ("Adds two numbers, of which\nthere are many.", None),
            ("...", None),
            (&*"x".repeat(81), None),
        ] {
            assert_eq!(title(doc).as_deref(), expected, "{doc}");
        }
    }
}
