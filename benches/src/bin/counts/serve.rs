//! Is the server that is counted.

use std::error::Error;
use std::io::{self, Read};
use std::process;
use std::thread;

use rpc_core::server::{EventLoop, ThreadPerConnection};
use rpc_core::{RpcServer, rpc_export};

use crate::allocations::counts_mark;

/// Adds three numbers.
#[rpc_export]
pub fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

/// Returns what it is given.
#[rpc_export]
pub fn echo(text: &str) -> &str {
    text
}

/// Ends a stretch of counting.
#[rpc_export]
fn mark() {
    counts_mark();
}

/// What the names of models end in that keep statistics.
const COUNTING: &str = "-stats";

/// Serves at a free port, which it prints, until its standard input ends.
pub fn run(model: &str) -> Result<(), Box<dyn Error>> {
    thread::spawn(|| {
        // Whatever it says, the end of it is what is waited for.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    // With statistics it may cost at most 1 % more.
    let (server, model) = match model.strip_suffix(COUNTING) {
        Some(model) => (RpcServer::exported().stats(), model),
        None => (RpcServer::exported(), model),
    };
    let server = server.bind("127.0.0.1:0")?;
    println!("{}", server.address());
    match model {
        "thr" | "threads" => server.serve_with(ThreadPerConnection::default())?,
        "loop" | "event-loop" => server.serve_with(EventLoop::default())?,
        _ => return Err("a server is `threads` or `event-loop`".into()),
    }
    Ok(())
}
