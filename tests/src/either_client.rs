//! A client of either kind, for tests of streams that take both.

use std::sync::Arc;
use std::time::Duration;

use rpc_core::client::{ClientBuilder, Streaming};
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, Error, RpcClient, Stub, args, kwargs};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::{Fake, Peer};

/// A client of either kind, for tests of both.
#[derive(Debug)]
pub enum EitherClient {
    /// A blocking one.
    Blocking(RpcClient),
    /// An asynchronous one, and what it runs on.
    Async(AsyncRpcClient, Arc<Runtime>),
}

/// A stream that it has opened.
#[derive(Debug)]
pub enum EitherItems<T: DeserializeOwned + Send + 'static> {
    /// Of a blocking one.
    Blocking(<RpcClient as Streaming>::Items<T, Error>),
    /// Of an asynchronous one.
    Async(<AsyncRpcClient as Streaming>::Items<T, Error>, Arc<Runtime>),
}

impl<T: DeserializeOwned + Send + 'static> Iterator for EitherItems<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Blocking(items) => items.next(),
            Self::Async(items, runtime) => runtime.block_on(items.next()),
        }
    }
}

impl EitherClient {
    /// Connects a blocking client, or an asynchronous one.
    pub fn new(address: impl ToString, settings: &ClientBuilder, is_async: bool) -> Self {
        let settings = settings.clone();
        if !is_async {
            return Self::Blocking(settings.connect(address).unwrap());
        }
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let client = runtime.block_on(settings.connect_async(address)).unwrap();
        Self::Async(client, Arc::new(runtime))
    }

    /// Opens the stream `count` of this argument.
    pub fn stream<T: DeserializeOwned + Send + 'static>(&self, argument: u64) -> EitherItems<T> {
        self.try_stream(argument).unwrap()
    }

    /// The same where it may be that it cannot be opened.
    ///
    /// # Errors
    ///
    /// Those of opening it.
    pub fn try_stream<T: DeserializeOwned + Send + 'static>(
        &self,
        argument: u64,
    ) -> Result<EitherItems<T>, Error> {
        Ok(match self {
            Self::Blocking(client) => {
                EitherItems::Blocking(client.stream("count", args![argument], kwargs! {})?)
            }
            Self::Async(client, runtime) => {
                let opened = client.stream("count", args![argument], kwargs! {});
                EitherItems::Async(runtime.block_on(opened)?, Arc::clone(runtime))
            }
        })
    }

    /// Opens a stream that is to last so long at most.
    pub fn stream_within(&self, limit: Duration) -> EitherItems<u64> {
        match self {
            Self::Blocking(client) => EitherItems::Blocking(
                client.within(limit).stream("count", args![3], kwargs! {}).unwrap(),
            ),
            Self::Async(client, runtime) => {
                let opened = client.within(limit).stream("count", args![3], kwargs! {});
                EitherItems::Async(runtime.block_on(opened).unwrap(), Arc::clone(runtime))
            }
        }
    }

    /// Calls `echo`.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn echo(&self, argument: u64) -> Result<u64, Error> {
        match self {
            Self::Blocking(client) => client.call("echo", args![argument], kwargs! {}),
            Self::Async(client, runtime) => {
                runtime.block_on(client.call("echo", args![argument], kwargs! {}))
            }
        }
    }
}

/// Has both kinds of clients talk to a server each that does `converse` for each connection.
pub fn with_both(
    settings: &ClientBuilder,
    converse: impl FnMut(Peer) + Clone + Send + 'static,
    test: impl Fn(&EitherClient),
) {
    for is_async in [false, true] {
        let server = Fake::start(Framing::LengthPrefix, converse.clone());
        test(&EitherClient::new(server.address(), settings, is_async));
    }
}
