//! Serves the example functions:
//! `server [--listen ADDR | --stdio] [--model MODEL] [--workers N] [--list]`.

use std::env;
use std::io::{self, Write};

use examples as _; // links the functions, which are found by themselves
use rpc_core::RpcServer;
#[cfg(feature = "tokio")]
use rpc_core::server::EventLoop;
#[cfg(all(unix, feature = "tokio"))]
use rpc_core::server::PreforkEventLoop;
use rpc_core::server::{ForkPerConnection, Prefork, SingleThread, ThreadPerConnection};

const USAGE: &str = "usage: server [--listen ADDR | --stdio] [--workers N] [--list] \
    [--model single|threads|fork|prefork|event-loop|prefork-event-loop]";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut model = "threads".to_owned();
    let mut workers = 4;
    let (mut list, mut stdio) = (false, false);
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match option.as_str() {
            "--listen" => address = value()?,
            "--model" => model = value()?,
            "--workers" => workers = value()?.parse()?,
            "--list" => list = true,
            "--stdio" => stdio = true,
            _ => return Err(USAGE.into()),
        }
    }
    let server = RpcServer::exported();
    if stdio {
        // Standard output is kept for messages.
        return Ok(server.serve_stdio()?);
    }
    let signatures: Vec<_> = server.functions().map(ToString::to_string).collect();
    let server = server.bind(address)?;
    println!("listening {}", server.address());
    if list {
        for signature in signatures {
            println!("serving {signature}");
        }
    }
    io::stdout().flush()?;
    match model.as_str() {
        "single" => server.serve_with(SingleThread),
        "threads" => server.serve_with(ThreadPerConnection::default()),
        "fork" => server.serve_with(ForkPerConnection::default()),
        "prefork" => server.serve_with(Prefork::workers(workers)),
        #[cfg(feature = "tokio")]
        "event-loop" => server.serve_with(EventLoop::default()),
        #[cfg(all(unix, feature = "tokio"))]
        "prefork-event-loop" => server.serve_with(PreforkEventLoop::workers(workers)),
        _ => return Err(USAGE.into()),
    }?;
    Ok(())
}
