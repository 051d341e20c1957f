//! Calls the example functions without blocking: `async_client [--connect ADDR] [--ca FILE] [--token T]`.

use std::env;
use std::process::ExitCode;

use examples::{add, greet, ping, program, subtract};
use rpc_core::client::ClientBuilder;
#[cfg(feature = "tls")]
use rpc_core::tls::ClientTls;
use rpc_core::{AsyncRpcClient, Stub, args, call, kwargs};
use serde_json::Value;
use tokio::runtime;

const USAGE: &str = "usage: async_client [--connect ADDR] [--ca FILE] [--token T]";

fn main() -> ExitCode {
    program(USAGE, run)
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut token = env::var("RPC_TOKEN").ok();
    let mut builder = AsyncRpcClient::builder();
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
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(calls(builder, &address))
}

async fn calls(builder: ClientBuilder, address: &str) -> Result<(), Box<dyn std::error::Error>> {
    let client = builder.connect_async(address).await?;

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
