//! Serves the example functions: `server [--listen ADDR] [--model single|threads]`.

use std::env;
use std::io::{self, Write};

use examples as _; // links the functions, which are found by themselves
use rpc_core::{Error, RpcServer, ServerHandle, SingleThread, ThreadPerConnection};

const USAGE: &str = "usage: server [--listen ADDR] [--model single|threads]";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut model = "threads".to_owned();
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--listen" => address = value,
            "--model" => model = value,
            _ => return Err(USAGE.into()),
        }
    }
    let server = start(&address, &model)?.ok_or(USAGE)?;
    println!("listening {}", server.address());
    io::stdout().flush()?;
    Ok(server.wait()?)
}

/// Starts the server in the way of the model named, if there is one of that name.
fn start(address: &str, model: &str) -> Result<Option<ServerHandle>, Error> {
    let server = RpcServer::exported();
    let started = match model {
        "single" => server.start_with(address, SingleThread),
        "threads" => server.start_with(address, ThreadPerConnection::default()),
        _ => return Ok(None),
    };
    started.map(Some)
}
