//! A layer of one's own between the dialects and the functions: a log of calls.

use std::time::Instant;

use examples::add;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::{CallContext, Error, FunctionRegistry, RpcClient, Stub, TcpServer, args, kwargs};

/// Says of every call what it was, how it ended, and how long it took.
struct CallLog<D>(D);

impl<D: Dispatch> Dispatch for CallLog<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let (name, begun) = (call.method().to_owned(), Instant::now());
        self.0.dispatch(call, context, reply).inspect(reply, move |ended| {
            println!("{name} -> {ended} in {:?}", begun.elapsed());
        })
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

fn main() -> Result<(), Error> {
    let stack = CallLog(FunctionRegistry::exported());
    let server = TcpServer::of(stack).start("127.0.0.1:0")?;
    let client = RpcClient::connect(server.address())?;
    client.add(1, 2).c(3).call()?;
    if let Err(error) = client.call::<i64>("ad", args![1, 2], kwargs! {}) {
        println!("the caller sees: {error}");
    }
    Ok(())
}
