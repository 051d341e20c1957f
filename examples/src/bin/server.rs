//! Serves the example functions:
//! `server [--listen ADDR | --systemd | --stdio] [--model MODEL] [--workers N] [--list]`.

use std::env;
use std::io::{self, Write};

use examples as _; // links the functions, which are found by themselves
#[cfg(feature = "tokio")]
use rpc_core::server::EventLoop;
#[cfg(all(unix, feature = "tokio"))]
use rpc_core::server::PreforkEventLoop;
use rpc_core::server::{
    BoundServer, ForkPerConnection, Prefork, SingleThread, ThreadPerConnection,
};
use rpc_core::{Error, FunctionRegistry, JsonRpc, RpcServer};

const USAGE: &str = "usage: server [--listen ADDR | --systemd | --stdio] [--workers N] [--list] \
    [--model single|threads|fork|prefork|event-loop|prefork-event-loop]";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut model = "threads".to_owned();
    let mut workers = 4;
    let (mut list, mut stdio, mut systemd) = (false, false, false);
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match option.as_str() {
            "--listen" => address = value()?,
            "--model" => model = value()?,
            "--workers" => workers = value()?.parse()?,
            "--list" => list = true,
            "--stdio" => stdio = true,
            "--systemd" => systemd = true,
            _ => return Err(USAGE.into()),
        }
    }
    let server = RpcServer::exported();
    if stdio {
        // Standard output is kept for messages.
        return Ok(server.serve_stdio()?);
    }
    let signatures: Vec<_> = server.functions().map(ToString::to_string).collect();
    let server = if systemd { bind_inherited(server)? } else { server.bind(address)? };
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

/// Takes the socket that systemd listens at; `examples/systemd` has the units.
#[cfg(unix)]
fn bind_inherited(server: RpcServer) -> Result<BoundServer<JsonRpc<FunctionRegistry>>, Error> {
    server.bind(rpc_core::server::InheritedSocket::from_env()?)
}

#[cfg(not(unix))]
fn bind_inherited(server: RpcServer) -> Result<BoundServer<JsonRpc<FunctionRegistry>>, Error> {
    server.bind("there is no systemd here")
}
