//! jsonrpsee's server, to be subscribed to: it prints its address.

use jsonrpsee_server::{RpcModule, Server, SubscriptionMessage};
use serde_json::value::to_raw_value;

#[tokio::main]
async fn main() {
    let mut module = RpcModule::new(());
    module
        .register_subscription(
            "feed_subscribeTicks",
            "feed_tick",
            "feed_unsubscribeTicks",
            |params, pending, _, _| async move {
                let count: u64 = params.one()?;
                let sink = pending.accept().await?;
                for tick in 0..count {
                    let message = SubscriptionMessage::from(to_raw_value(&tick).expect("JSON"));
                    if sink.send(message).await.is_err() {
                        return Ok(());
                    }
                }
                Err("no more ticks".into())
            },
        )
        .expect("a name of its own");
    let server = Server::builder().build("127.0.0.1:0").await.expect("a free port");
    println!("{}", server.local_addr().expect("an address"));
    server.start(module).stopped().await;
}
