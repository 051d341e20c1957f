//! A client that makes calls again, in thirty lines: with growing pauses, and only where nothing can run
//! twice that must not.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rpc_core::client::{Attempt, Policy, RawJson, Verdict};
use rpc_core::{Error, Fault, RpcClient, RpcServer, State, Stub, call, rpc_export};

/// Makes calls again that failed.
struct Retry {
    attempts: u32,
    first_pause: Duration,
}

impl Policy for Retry {
    fn outcome(&self, attempt: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        let Err(error) = outcome else { return Verdict::Return };
        let is_safe = attempt.call().is_idempotent() || !error.may_have_run();
        if !is_safe || attempt.number() >= self.attempts {
            return Verdict::Return;
        }
        println!("attempt {}: {error}", attempt.number());
        Verdict::Retry(self.first_pause * 2_u32.pow(attempt.number() - 1))
    }
}

/// Fails twice, then tells how often it was called.
#[rpc_export(idempotent)]
fn shaky(calls: State<AtomicU64>) -> Result<u64, Fault> {
    match calls.fetch_add(1, Ordering::Relaxed) + 1 {
        call @ 1..=2 => Err(Fault::new(503, format!("call {call} comes too early"))),
        call => Ok(call),
    }
}

fn main() -> Result<(), Error> {
    let server = RpcServer::exported().share(AtomicU64::new(0)).start("127.0.0.1:0")?;
    let retry = Retry { attempts: 5, first_pause: Duration::from_millis(1) };
    let client = RpcClient::connect(server.address())?.with(retry);

    println!("attempt 3: {}", call!(client.shaky())?);
    // The pauses count as time of the call, which ends when that is over.
    println!("in time: {}", client.within(Duration::from_secs(5)).shaky().call()?);
    Ok(())
}
