//! A server that speaks over standard input and output, to the program that has started it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, IoError, IoErrorKind};
use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::blocking::{self, Timeouts, Voice};
use crate::registry::{CallContext, Somebody};
use crate::transport::StandardStream;

use super::{Output, TcpServer};

impl<A: Answer> TcpServer<A> {
    /// Answers what comes over standard input on standard output, until the input ends: how editors
    /// and other tools speak to programs that they start.
    ///
    /// Framings and dialects are told apart as on a socket: lines of JSON, or `Content-Length`
    /// headers as in the base protocol of the Language Server Protocol. There is one connection, and
    /// nothing on it has a time limit, since pipes know none.
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
    pub fn serve_stdio(self) -> Result<(), Error> {
        const NEVER: Timeouts = Timeouts {
            idle: Duration::MAX,
            message: Duration::MAX,
            write: Duration::MAX,
            linger: Timeouts::LINGER,
        };
        self.answer.check()?;
        let limits = self.settings.limits;
        let caller = Some(Arc::new(Somebody::default()) as _);
        let mut session = Session::new(CallContext::of_connection(None, "stdio", caller), limits);
        let mut connection = Connection::new(None, limits);
        let served = Output::take().and_then(|output| {
            let stream = StandardStream::new(output);
            let voice = Voice::default();
            blocking::serve(&stream, &voice, &mut connection, &mut session, &self.answer, &NEVER)
        });
        match served {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let doing = "serving over standard input and output";
                let lost = IoError::new(IoErrorKind::Lost, doing).may_have_run(true);
                Err(lost.because(error).into())
            }
            _ => Ok(()),
        }
    }
}
