//! A server at the other end of a stream within one process.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::blocking::{self, Voice};
use crate::registry::CallContext;
use crate::transport::{MemoryStream, Transport};

use super::service::Settings;

/// A transport whose other end is a stack of layers in the same process: the whole protocol is in
/// between, and no network.
///
/// ```standalone_crate
/// use rpc_core::server::InMemory;
/// use rpc_core::{FunctionRegistry, JsonRpc, RpcClient, rpc_export};
///
/// #[rpc_export]
/// fn double(n: i64) -> i64 {
///     2 * n
/// }
///
/// let stack = JsonRpc::new(FunctionRegistry::exported());
/// let client = RpcClient::builder().connect_over(InMemory::new(stack))?;
/// assert_eq!(client.double(21).call()?, 42);
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug)]
pub struct InMemory<A> {
    answer: Arc<A>,
}

impl<A: Answer> InMemory<A> {
    /// Puts a stack of layers at the other end.
    pub fn new(answer: A) -> Self {
        Self { answer: Arc::new(answer) }
    }
}

impl<A: Answer> Transport for InMemory<A> {
    type Stream = MemoryStream;

    fn connect(&self, _: Duration) -> io::Result<MemoryStream> {
        self.answer.check().map_err(io::Error::other)?;
        let (here, there) = MemoryStream::pair();
        let answer = Arc::clone(&self.answer);
        thread::Builder::new().name("rpc in memory".to_owned()).spawn(move || {
            let Settings { limits, timeouts, .. } = Settings::default();
            let context = CallContext::of_connection(None, "in-memory", None);
            let mut session = Session::new(context, limits);
            let mut connection = Connection::new(None, limits);
            // It ends when the client drops its end.
            let voice = Voice::default();
            let _ =
                blocking::serve(&there, &voice, &mut connection, &mut session, &*answer, &timeouts);
        })?;
        Ok(here)
    }

    fn peer(&self) -> String {
        "memory".to_owned()
    }
}
