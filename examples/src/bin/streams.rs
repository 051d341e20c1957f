//! Functions that answer with many items, or take many, and both clients.

use std::time::Duration;

use examples::{countdown, ticks, total};
use rpc_core::client::Streaming;
use rpc_core::server::ServerHandle;
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub, args, call, kwargs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = RpcServer::exported().start("127.0.0.1:0")?;

    let client = RpcClient::connect(server.address())?;
    for n in call!(client.countdown(3))? {
        println!("countdown: {}", n?);
    }
    let by_name = client.stream::<u64>("countdown", args![], kwargs! { from: 2 })?;
    println!("by name:   {:?}", by_name.collect::<Result<Vec<_>, _>>()?);
    println!("total:     {}", call!(client.total(1..=1_000_000))?);
    // One who asks for no stream has an array.
    println!("array:     {:?}", client.call::<Vec<u64>>("countdown", args![2], ())?);

    runtime.block_on(read(&server))?;
    Ok(())
}

async fn read(server: &ServerHandle) -> Result<(), Error> {
    let client = AsyncRpcClient::connect(server.address()).await?;
    let mut ticks = call!(client.ticks(10, n = 3)).await?;
    while let Some(tick) = ticks.next().await {
        println!("tick:      {}", tick?.n);
    }
    // It ends when its reader leaves, or when its time is up.
    let mut endless =
        call!(client.within(Duration::from_millis(50)).ticks(20, n = u64::MAX)).await?;
    while let Some(tick) = endless.next().await {
        match tick {
            Ok(tick) => println!("tick:      {}", tick.n),
            Err(error) => println!("ended:     {error}"),
        }
    }
    Ok(())
}
