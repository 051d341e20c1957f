//! Functions that say what is known of their caller, and a layer that keeps a number on each connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::{CallContext, rpc_export};

/// The value of a header.
#[rpc_export]
pub fn header(name: &str, context: &CallContext) -> Option<String> {
    context.header(name).map(str::to_owned)
}

/// All headers.
#[rpc_export]
pub fn headers(context: &CallContext) -> Vec<(String, String)> {
    context.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What the caller said besides the arguments.
#[rpc_export]
pub fn metadata(name: &str, context: &CallContext) -> Option<String> {
    context.metadata(name).map(str::to_owned)
}

/// The same of a call that outlives its message.
#[rpc_export]
pub async fn metadata_later(name: &str, context: &CallContext) -> Option<String> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    context.metadata(name).map(str::to_owned)
}

/// The same of one that blocks its thread.
#[rpc_export(blocking)]
pub fn metadata_blocking(name: &str, context: &CallContext) -> Option<String> {
    context.metadata(name).map(str::to_owned)
}

/// The user, the group and the process that call.
#[rpc_export]
pub fn credentials(context: &CallContext) -> Option<(u32, u32, Option<u32>)> {
    context.peer_credentials().map(|peer| (peer.uid, peer.gid, peer.pid))
}

/// The caller's address, and that of whoever is at the other end of the connection.
#[rpc_export]
pub fn caller_address(context: &CallContext) -> [Option<String>; 2] {
    let peer = context.peer().map(|peer| peer.ip().to_string());
    [context.caller_address().map(|address| address.to_string()), peer]
}

/// The same from one that outlives its message, and panics there when it is asked to.
#[rpc_export]
pub async fn caller_address_later(panics: bool, context: &CallContext) -> [Option<String>; 2] {
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!panics, "as asked");
    caller_address(context)
}

/// How many calls [`CountCalls`] has seen on this connection.
#[rpc_export]
pub fn call_number(context: &CallContext) -> Option<u64> {
    context.get::<Number>().map(|Number(number)| *number)
}

/// The calls of a connection.
#[derive(Default)]
struct Calls(AtomicU64);

/// The number of a call.
struct Number(u64);

/// Counts the calls of each connection, on the connection.
#[derive(Debug)]
pub struct CountCalls<D>(pub D);

impl<D: Dispatch> Dispatch for CountCalls<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let Some(connection) = context.connection() else {
            return self.0.dispatch(call, context, reply);
        };
        let number = connection.get_or_init(Calls::default).0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.dispatch(call, &context.with(Number(number)), reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}
