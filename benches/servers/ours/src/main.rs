//! A server that adds, on an event loop.

use rpc_core::server::EventLoop;
use rpc_core::{Error, RpcServer, rpc_export};

#[rpc_export]
fn add(a: i64, b: i64, c: i64) -> i64 {
    a + b + c
}

fn main() -> Result<(), Error> {
    let server = RpcServer::exported().bind("127.0.0.1:0")?;
    println!("{}", server.address());
    server.serve_with(EventLoop::default())
}
