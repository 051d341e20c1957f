//! Servers whose functions are tools for language models.

use std::io;
#[cfg(feature = "http")]
use std::sync::Arc;

use crate::error::{Error, Misuse};
use crate::json_rpc::JsonRpc;
use crate::mcp::Tools;
use crate::registry::Dispatch;

use super::mcp_stdio::serve;
#[cfg(unix)]
use super::process::Output;
use super::streams::ended;
use super::tcp_server::TcpServer;
#[cfg(not(unix))]
use super::without_fork::Output;

/// What clients in web pages send besides the type of the content.
#[cfg(feature = "http")]
const HEADERS: [&str; 3] = ["mcp-protocol-version", "mcp-method", "mcp-name"];

impl<D: Dispatch> TcpServer<JsonRpc<D>> {
    /// Offers functions to language models as tools, by the Model Context Protocol (feature `mcp`): with `http` at the
    /// path `/mcp` of this server, `http://127.0.0.1:5000/mcp`, and by [`serve_mcp_stdio`](Self::serve_mcp_stdio).
    ///
    /// Their calls go through all layers, as any others, and come in the dialect `mcp`. Nothing is a tool without this line.
    ///
    /// ```
    /// use rpc_core::server::Tools;
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("now", || "noon")?;
    /// let server = RpcServer::of(registry).mcp(Tools::all()).start("127.0.0.1:0")?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// What cannot be a tool keeps the server from starting ([`Misuse::Tool`], [`Misuse::NoTools`]): a name that clients
    /// would not take, two functions of one name as tools (`math.add` and `math_add`), or no function at all.
    #[must_use]
    pub fn mcp(mut self, tools: Tools) -> Self {
        self.answer = self.answer.mcp(tools);
        #[cfg(feature = "http")]
        {
            let headers = HEADERS.into_iter().map(str::to_owned);
            Arc::make_mut(&mut self.settings.guard).allow_headers(headers);
        }
        self
    }

    /// Serves tools over standard input and output, to the program that has started this one, until the input ends
    /// (feature `mcp`): how editors and assistants use tools on their own machine.
    ///
    /// A message is a line. Calls run side by side, a thread each, so that one can be cancelled while others run. When
    /// the input has ended, those that run have the [stop timeout](Self::stop_timeout) to end.
    ///
    /// Standard output is kept for messages: on Unix, what functions print goes to standard error meanwhile. Elsewhere
    /// they must not print.
    ///
    /// ```no_run
    /// use rpc_core::RpcServer;
    /// use rpc_core::server::Tools;
    ///
    /// RpcServer::exported().mcp(Tools::marked()).serve_mcp_stdio()?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where no tools were chosen by [`mcp`](Self::mcp), a function cannot be one, two functions have one name, shared
    /// state is missing, or input or output break. That nobody reads the output any more is the end, and no error.
    pub fn serve_mcp_stdio(self) -> Result<(), Error> {
        if !self.answer.has_mcp() {
            let problem = "say which are, with `.mcp(Tools::marked())`";
            return Err(Misuse::NoTools { problem }.into());
        }
        self.check()?;
        let service = self.into_unbound("stdio");
        let served = Output::take().and_then(|output| serve(&service, io::stdin(), output));
        ended(served, "serving tools over standard input and output")
    }
}
