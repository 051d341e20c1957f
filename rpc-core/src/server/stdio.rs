//! A server that speaks over standard input and output, to the program that has started it.

use std::io;
use std::time::Duration;

use crate::error::Error;
use crate::json_rpc::Answer;
use crate::pump::Timeouts;
use crate::timing::LINGER;
use crate::transport::{AnyStream, Duplex};

#[cfg(unix)]
use super::process::Output;
use super::streams::ended;
use super::tcp_server::TcpServer;
#[cfg(not(unix))]
use super::without_fork::Output;

impl<A: Answer> TcpServer<A> {
    /// Answers what comes over standard input on standard output, until the input ends: how editors
    /// and other tools speak to programs that they start.
    ///
    /// Framings and dialects are told apart as on a socket: lines of JSON, or `Content-Length`
    /// headers as in the base protocol of the Language Server Protocol. There is one connection, and
    /// nothing on it has a time limit, since pipes know none.
    ///
    /// A message that cannot be read is answered with -32700, and the next one is served: it begins
    /// behind the frame, or in the next line.
    ///
    /// Standard output is kept for messages: on Unix, what functions print goes to standard error
    /// meanwhile. Elsewhere they must not print.
    ///
    /// ```no_run
    /// use rpc_core::RpcServer;
    ///
    /// RpcServer::exported().serve_stdio()?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where two functions have one name, shared state is missing, or input or output break. That
    /// nobody reads the output any more is the end, and no error.
    pub fn serve_stdio(mut self) -> Result<(), Error> {
        const NEVER: Timeouts = Timeouts {
            idle: Duration::MAX,
            message: Duration::MAX,
            write: Duration::MAX,
            linger: LINGER,
        };
        self.settings.timeouts = NEVER;
        self.settings.lines = true;
        self.check()?;
        let service = self.into_unbound("stdio");
        let served = Output::take().and_then(|output| {
            let stream = Duplex::new(io::stdin(), output);
            service.serve(AnyStream::new(stream))
        });
        ended(served, "serving over standard input and output")
    }
}
