//! Calls the example functions, typed and by name: `client [--connect ADDR]`.

use std::env;

use examples::{add, greet, ping, subtract};
use rpc_core::{RpcClient, Stub, args, call, kwargs};
use serde_json::Value;

const USAGE: &str = "usage: client [--connect ADDR]";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--connect" => address = value,
            _ => return Err(USAGE.into()),
        }
    }
    let client = RpcClient::connect(address)?;

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
