//! Serves functions that ask who calls: `permissions_server MODEL [--deny] [--hide]`.

mod bank;

use std::env;
use std::io::{self, Write};

use bank::Believes;
use rpc_core::server::{
    EventLoop, ForkPerConnection, Prefork, PreforkEventLoop, SingleThread, ThreadPerConnection,
};
use rpc_core::{Error, TcpServer};

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|one| one == option);
    let mut server =
        TcpServer::of(Believes(bank::functions_without(&[]))).stats().identities_by_layer();
    if has("--deny") {
        server = server.deny_by_default();
    }
    if has("--hide") {
        server = server.hide_denied();
    }
    let server = server.bind("127.0.0.1:0")?;
    println!("listening {}", server.address());
    io::stdout().flush().expect("somebody who reads");
    match arguments.first().map_or("", String::as_str) {
        "single" => server.serve_with(SingleThread),
        "threads" => server.serve_with(ThreadPerConnection::default()),
        "fork" => server.serve_with(ForkPerConnection::default()),
        "prefork" => server.serve_with(Prefork::workers(2)),
        "event-loop" => server.serve_with(EventLoop::default()),
        _ => server.serve_with(PreforkEventLoop::workers(2)),
    }
}
