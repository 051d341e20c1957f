//! Which functions are tools.

use std::fmt;
use std::sync::Arc;

use crate::registry::Signature;

/// Which functions are tools for language models, and how they are listed: what
/// [`TcpServer::mcp`](crate::TcpServer::mcp) is given (feature `mcp`).
///
/// `system.describe` and its relatives are no tools, unless a [`filter`](Self::filter) chooses them.
///
/// ```standalone_crate
/// use rpc_core::server::Tools;
/// use rpc_core::{RpcServer, rpc_export};
///
/// /// Adds two numbers.
/// #[rpc_export(mcp, read_only, open_world = false)]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// /// No tool, because it does not say that it is one.
/// #[rpc_export]
/// fn shut_down() {}
///
/// let server = RpcServer::exported().mcp(Tools::marked()).start("127.0.0.1:0")?;
/// println!("claude mcp add --transport http sums http://{}/mcp", server.address());
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Tools {
    choose: Choose,
    pub(super) page_size: usize,
}

#[derive(Clone)]
enum Choose {
    Marked,
    All,
    Filter(Arc<dyn Fn(&Signature) -> bool + Send + Sync>),
}

impl Tools {
    /// The functions with `#[rpc_export(mcp)]`, and no others.
    pub fn marked() -> Self {
        Self::choosing(Choose::Marked)
    }

    /// Every function but those with `#[rpc_export(mcp = false)]`.
    ///
    /// A model may then call whatever a program may.
    pub fn all() -> Self {
        Self::choosing(Choose::All)
    }

    /// The functions that are chosen, whatever their `mcp` says. `system.describe` and its relatives are asked about
    /// too, all but `system.multicall`, which would call functions that are no tools.
    ///
    /// ```
    /// use rpc_core::server::Tools;
    ///
    /// let tools = Tools::filter(|function| function.name().starts_with("math."));
    /// # let _ = tools;
    /// ```
    pub fn filter(choose: impl Fn(&Signature) -> bool + Send + Sync + 'static) -> Self {
        Self::choosing(Choose::Filter(Arc::new(choose)))
    }

    /// Sets how many tools `tools/list` lists at a time, at least one: 250 by default.
    #[must_use]
    pub fn page_size(self, tools: usize) -> Self {
        Self { page_size: tools.max(1), ..self }
    }

    fn choosing(choose: Choose) -> Self {
        Self { choose, page_size: 250 }
    }

    /// Whether one of the user's functions is a tool.
    pub(super) fn has(&self, function: &Signature) -> bool {
        match &self.choose {
            Choose::Marked => function.is_tool() == Some(true),
            Choose::All => function.is_tool() != Some(false),
            Choose::Filter(choose) => choose(function),
        }
    }

    /// Whether one of the functions is a tool that every server has.
    pub(super) fn has_system(&self, function: &Signature) -> bool {
        matches!(&self.choose, Choose::Filter(choose) if choose(function))
    }

    /// What to do where no function is a tool.
    pub(super) fn advice(&self) -> &'static str {
        match self.choose {
            Choose::Marked => {
                "`Tools::marked()` takes those with #[rpc_export(mcp)], and there is none; mark some, or choose by `Tools::filter`"
            }
            Choose::All => "nothing is served, or every function has #[rpc_export(mcp = false)]",
            Choose::Filter(_) => "the filter of `Tools::filter` chooses none of the functions",
        }
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.choose {
            Choose::Marked => "Tools::marked()",
            Choose::All => "Tools::all()",
            Choose::Filter(_) => "Tools::filter(…)",
        })
    }
}
