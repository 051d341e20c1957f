//! The extension trait of stubs that can open streams.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::by_name::ByName;
use super::{Args, FromError, Invocation, Kwargs, Stub};

/// A stub that can call functions which answer with many items, one after another.
///
/// A blocking client's stream is an iterator ([`Items`](super::Items)), that of an asynchronous one is asked
/// with `next().await` (`AsyncItems`). See [streams](crate::guide::streams).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot call functions that answer with a stream of items",
    label = "a client must stand here, as `RpcClient` is one",
    note = "batches, bursts, mocks and policies carry calls of one result each"
)]
pub trait Streaming: Stub {
    /// A stream that has been opened.
    type Items<T: DeserializeOwned + Send + 'static, E: FromError>;

    /// What opening one comes to: a result of [`Items`](Self::Items) for a blocking client, a future of one for
    /// an asynchronous one.
    type Opened<T: DeserializeOwned + Send + 'static, E: FromError>;

    /// Opens a stream: sends the call, and does not wait for its items.
    ///
    /// # Errors
    ///
    /// What kept the call from being sent. What the function refuses, or its arguments or caller are refused
    /// with, comes in the place of the first item.
    fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Self::Opened<T, E>;

    /// Opens a stream by the function's name: no signature is needed, and none is checked on this side.
    ///
    /// ```no_run
    /// use rpc_core::client::Streaming;
    /// use rpc_core::{RpcClient, args, kwargs};
    ///
    /// let client = RpcClient::connect("127.0.0.1:5000")?;
    /// for n in client.stream::<u64>("countdown", args![3], kwargs! {})? {
    ///     println!("{}", n?);
    /// }
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    fn stream<T: DeserializeOwned + Send + 'static>(
        &self,
        method: &str,
        args: impl Args,
        kwargs: impl Kwargs,
    ) -> Self::Opened<T, Error> {
        self.open(Invocation::of(method, ByName { args, kwargs }))
    }

    /// Subscribes by name, to a server of JSON-RPC whose items come in notifications: `method` is answered with an
    /// id, by which the items are known, and `unsubscribe` is called with it when the stream is dropped.
    ///
    /// Such a server waits for nobody: where the reader stops, no more items are kept than
    /// [`ClientBuilder::stream_window`](super::ClientBuilder::stream_window) says, and then the stream ends with an
    /// error that says so. In other dialects, and over HTTP, this is [`stream`](Self::stream).
    ///
    /// ```no_run
    /// use rpc_core::client::{Dialect, Streaming};
    /// use rpc_core::{RpcClient, args, kwargs};
    /// use serde_json::Value;
    ///
    /// let node = RpcClient::builder().dialect(Dialect::JsonRpc).connect("ws://127.0.0.1:8546")?;
    /// let heads = node.subscribe::<Value>("eth_subscribe", args!["newHeads"], kwargs! {}, "eth_unsubscribe")?;
    /// for head in heads {
    ///     println!("{}", head?["number"]);
    /// }
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    fn subscribe<T: DeserializeOwned + Send + 'static>(
        &self,
        method: &str,
        args: impl Args,
        kwargs: impl Kwargs,
        unsubscribe: &str,
    ) -> Self::Opened<T, Error> {
        let call = Invocation::of(method, ByName { args, kwargs });
        self.open(call.unsubscribed_by(unsubscribe))
    }
}
