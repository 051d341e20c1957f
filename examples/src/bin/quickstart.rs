//! The main job in one process: a function, a server, a client, and an error as a user sees it.

use rpc_core::{Error, RpcClient, RpcServer, Stub, args, call, kwargs, rpc_export};

/// Adds three numbers.
#[rpc_export]
fn total(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

fn main() -> Result<(), Error> {
    let server = RpcServer::exported().start("127.0.0.1:0")?;
    let client = RpcClient::connect(server.address())?;

    println!("typed:   total(1, 2, c = 3) = {}", call!(client.total(1, 2, c = 3))?);
    println!("proxied: total(1, 2).c(3)   = {}", client.total(1, 2).c(3).call()?);

    let by_name: i64 = client.call("total", args![1, 2], kwargs! { c: 3 })?;
    println!("by name: total(1, 2, c = 3) = {by_name}");

    for (args, kwargs) in [(args![1], kwargs! { d: 4 }), (args![1], kwargs! { c: 4 })] {
        if let Err(error) = client.call::<i64>("total", args, kwargs) {
            println!("refused: {error}");
        }
    }
    if let Err(error) = client.call::<i64>("totl", args![1, 2], kwargs! {}) {
        println!("refused: {error}");
    }
    Ok(())
}
