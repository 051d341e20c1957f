//! tower's layers under typed stubs, and a client as a tower service.

use std::time::Duration;

use examples::{add, sleep_ms};
use rpc_core::client::{OwnedCall, TowerClient};
use rpc_core::server::EventLoop;
use rpc_core::{AsyncRpcClient, RpcServer, args, call, kwargs};
use tower::{Service, ServiceBuilder, ServiceExt};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let server = RpcServer::exported().start_with("127.0.0.1:0", EventLoop::default())?;
    let mut client = AsyncRpcClient::connect(server.address()).await?;

    // A client is a service: a call in, JSON out.
    let call = OwnedCall::new("add", args![1, 2], kwargs! { c: 3 })?;
    println!("as a service: {}", client.ready().await?.call(call).await?);

    // A service is a client: at most 16 calls at a time, and each gets a tenth of a second.
    let stack = ServiceBuilder::new()
        .concurrency_limit(16)
        .timeout(Duration::from_millis(100))
        .service(client);
    let client = TowerClient::new(stack);
    println!("typed: {}", call!(client.add(1, 2, c = 3)).await?);
    if let Err(error) = call!(client.sleep_ms(300)).await {
        println!("too slow: {error}");
    }
    Ok(())
}
