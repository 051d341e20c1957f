//! A layer of one's own between the dialects and the functions: a log of calls.

use std::time::Instant;

use examples::add;
use rpc_core::{
    Call, CallContext, Dispatch, Error, Fault, FunctionRegistry, JsonRpc, Misuse, Progress, Reply,
    RpcClient, Stub, TcpServer, args, kwargs,
};

/// Says of every call what it was, how it ended, and how long it took.
struct CallLog<D>(D);

impl<D: Dispatch> Dispatch for CallLog<D> {
    fn dispatch(
        &self,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Result<Progress, Fault> {
        let begun = Instant::now();
        let outcome = self.0.dispatch(call, context, reply);
        let ended = match &outcome {
            Ok(_) => reply.text(),
            Err(fault) => fault.message(),
        };
        println!("{} -> {ended} in {:?}", call.method(), begun.elapsed());
        outcome
    }

    fn check(&self) -> Result<(), Misuse> {
        self.0.check()
    }
}

fn main() -> Result<(), Error> {
    let stack = JsonRpc::new(CallLog(FunctionRegistry::exported()));
    let server = TcpServer::new(stack).start("127.0.0.1:0")?;
    let client = RpcClient::connect(server.address())?;
    client.add(1, 2).c(3).call()?;
    if let Err(error) = client.call::<i64>("ad", args![1, 2], kwargs! {}) {
        println!("the caller sees: {error}");
    }
    Ok(())
}
