//! What functions and layers know of a caller: headers, the peer, metadata, and what a connection keeps.

use std::sync::atomic::{AtomicU64, Ordering};

use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::{CallContext, Error, FunctionRegistry, RpcClient, Stub, TcpServer, rpc_export};

/// Says who calls, as far as that is known.
#[rpc_export]
fn who_calls(context: &CallContext) -> String {
    let from = context.peer().map_or("elsewhere".to_owned(), |peer| peer.ip().to_string());
    let team = context.header("x-team").unwrap_or("no team");
    let trace = context.metadata("traceparent").unwrap_or("nothing");
    let calls = context.get::<Number>().map_or(0, |Number(number)| *number);
    format!("call {calls} of a connection from {from}, by {team}, on behalf of {trace}")
}

/// How many calls have come over a connection.
struct Calls(AtomicU64);

/// The number of a call on its connection.
struct Number(u64);

/// Counts the calls of each connection.
struct Count<D>(D);

impl<D: Dispatch> Dispatch for Count<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let Some(connection) = context.connection() else {
            return self.0.dispatch(call, context, reply);
        };
        let calls = connection.get_or_init(|| Calls(AtomicU64::new(0)));
        let number = calls.0.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.dispatch(call, &context.with(Number(number)), reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

fn main() -> Result<(), Error> {
    let server = TcpServer::of(Count(FunctionRegistry::exported())).start("127.0.0.1:0")?;
    let client = RpcClient::connect(server.address())?;
    println!("{}", client.who_calls().call()?);
    println!("{}", client.with_metadata("traceparent", "a-trace").who_calls().call()?);

    let url = format!("http://{}", server.address());
    let client = RpcClient::builder().header("X-Team", "analysis").connect(url)?;
    println!("{}", client.with_metadata("traceparent", "a-trace").who_calls().call()?);
    Ok(())
}
