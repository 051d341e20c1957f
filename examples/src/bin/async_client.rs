//! Calls the example functions without blocking: `async_client [--connect ADDR]`.

use std::env;

use examples::{add, greet, ping, subtract};
use rpc_core::{AsyncRpcClient, Stub, args, call, kwargs};
use serde_json::Value;
use tokio::runtime;

const USAGE: &str = "usage: async_client [--connect ADDR]";

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
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(&address))
}

async fn run(address: &str) -> Result<(), Box<dyn std::error::Error>> {
    let client = AsyncRpcClient::connect(address).await?;

    // Checked when this is compiled.
    println!("res: [{}]", call!(client.add(1, 2, c = 3)).await?);
    println!("add(1, 2) = {}", client.add(1, 2).call().await?);
    println!("subtract = {}", call!(client.subtract(subtrahend = 23, minuend = 42)).await?);
    println!("greet = {}", client.greet("Ada").excited(true).call().await?);
    println!("ping = {}", call!(client.ping("ireader 0")).await?);

    // By name, without a signature.
    let sum: i64 = client.call("add", args![1, 2], kwargs! { c: 3 }).await?;
    println!("by name = {sum}");
    let anything: Value =
        client.call("greet", args!["Grace"], kwargs! { greeting: "Good day" }).await?;
    println!("as JSON = {anything}");

    // Many at once, on one connection.
    let calls = (1..=3).map(|n| client.add(n, n).start()).collect::<Result<Vec<_>, _>>()?;
    for call in calls {
        println!("at once = {}", call.await?);
    }
    Ok(())
}
