//! A client that starts its server and speaks to it over standard input and output.

use std::env;
use std::process::Command;

use examples::add;
use rpc_core::{RpcClient, RpcServer, call};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The program that is started is this one again.
    if env::args().nth(1).as_deref() == Some("--serve") {
        return Ok(RpcServer::exported().serve_stdio()?);
    }
    let mut command = Command::new(env::current_exe()?);
    command.arg("--serve");
    let client = RpcClient::spawn(command)?;
    println!("add(1, 2, c = 3) = {}", call!(client.add(1, 2, c = 3))?);

    if let Err(error) = RpcClient::spawn(Command::new("./no_such_program")) {
        println!("{error}");
    }
    Ok(())
}
