//! A server at the other end of a stream within one process.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::json_rpc::Answer;
#[cfg(feature = "tokio")]
use crate::transport::AsyncTransport;
use crate::transport::{AnyStream, MemoryStream, Transport};

use super::service::Service;
use super::settings::Settings;
use super::stop::Stop;

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
    service: Service<A>,
}

impl<A: Answer> InMemory<A> {
    /// Puts a stack of layers at the other end.
    pub fn new(answer: A) -> Self {
        Self {
            service: Service::new(
                Arc::new(answer),
                Settings::default(),
                "in-memory",
                Stop::unbound(),
            )
            .tended(),
        }
    }
}

impl<A: Answer> InMemory<A> {
    fn serve(&self) -> io::Result<MemoryStream> {
        self.service.answer.check().map_err(io::Error::other)?;
        let (here, there) = MemoryStream::pair();
        let service = self.service.clone();
        // It ends when the client drops its end.
        let serve = move || drop(service.serve(AnyStream::new(there)));
        thread::Builder::new().name("rpc in memory".to_owned()).spawn(serve)?;
        Ok(here)
    }
}

impl<A: Answer> Transport for InMemory<A> {
    type Stream = MemoryStream;

    fn connect(&self, _: Duration) -> io::Result<MemoryStream> {
        self.serve()
    }

    fn peer(&self) -> String {
        "memory".to_owned()
    }
}

#[cfg(feature = "tokio")]
impl<A: Answer> AsyncTransport for InMemory<A> {
    type Stream = MemoryStream;

    async fn connect(&self) -> io::Result<MemoryStream> {
        self.serve()
    }

    fn peer(&self) -> String {
        Transport::peer(self)
    }
}
