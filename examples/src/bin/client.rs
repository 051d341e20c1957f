//! Calls the example functions, typed and by name: `client [--connect ADDR] [--ca FILE] [--token T]`.

use std::env;
use std::process::ExitCode;

use examples::{add, greet, ping, program, subtract};
#[cfg(feature = "tls")]
use rpc_core::tls::ClientTls;
use rpc_core::{RpcClient, Stub, args, call, kwargs};
use serde_json::Value;

const USAGE: &str = "usage: client [--connect ADDR] [--ca FILE] [--token T]";

fn main() -> ExitCode {
    program(USAGE, run)
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut token = env::var("RPC_TOKEN").ok();
    let mut builder = RpcClient::builder();
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--connect" => address = value,
            "--token" => token = Some(value),
            #[cfg(feature = "tls")]
            "--ca" => builder = builder.tls(ClientTls::new().ca(value)?),
            _ => return Err(USAGE.into()),
        }
    }
    if let Some(token) = token {
        builder = builder.bearer(token);
    }
    let client = builder.connect(address)?;

    // Checked when this is compiled.
    println!("res: [{}]", call!(client.add(1, 2, c = 3))?);
    println!("add(1, 2) = {}", client.add(1, 2).call()?);
    println!("subtract = {}", call!(client.subtract(subtrahend = 23, minuend = 42))?);
    println!("greet = {}", client.greet("Ada").excited(true).call()?);
    println!("ping = {}", call!(client.ping("ireader 0"))?);

    // By name, without a signature.
    let sum: i64 = client.call("add", args![1, 2], kwargs! { c: 3 })?;
    println!("by name = {sum}");
    let anything: Value = client.call("greet", args!["Grace"], kwargs! { greeting: "Good day" })?;
    println!("as JSON = {anything}");
    Ok(())
}
