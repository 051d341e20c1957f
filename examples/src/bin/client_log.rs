//! A log of the calls that a client makes, in ten lines.

use examples::{add, greet};
use rpc_core::client::{Attempt, Policy, RawJson, Verdict};
use rpc_core::{Error, RpcClient, RpcServer, Stub, args, call, kwargs};

/// Says of every call what it was, what it came to, and how long that took.
struct Log;

impl Policy for Log {
    fn outcome(&self, attempt: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        match outcome {
            Ok(result) => println!("{} -> {result} in {:?}", attempt.call(), attempt.elapsed()),
            Err(error) => println!("{} -> {error} in {:?}", attempt.call(), attempt.elapsed()),
        }
        Verdict::Return
    }
}

fn main() -> Result<(), Error> {
    let server = RpcServer::exported().start("127.0.0.1:0")?;
    let client = RpcClient::connect(server.address())?.with(Log);

    call!(client.add(1, 2, c = 3))?;
    call!(client.greet("Ada", excited = true))?;
    if client.call::<i64>("ad", args![1, 2], kwargs! {}).is_err() {
        println!("the caller sees the error too");
    }
    Ok(())
}
