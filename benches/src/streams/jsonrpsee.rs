//! jsonrpsee: subscriptions over WebSocket. They have no end of their own, so the client counts.

use std::error::Error;
use std::net::SocketAddr;

use jsonrpsee_core::client::SubscriptionClientT;
use jsonrpsee_core::rpc_params;
use jsonrpsee_core::server::PendingSubscriptionSink;
use jsonrpsee_server::{RpcModule, Server, ServerConfig};
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::to_raw_value;
use tokio::runtime::Runtime;

use crate::contenders::asynchronous::runtime;

use super::item::{self, Check, Kind, Record};
use super::{ITEMS, Reader, Streamer};

/// jsonrpsee's WebSocket client and its server.
pub struct Jsonrpsee;

impl Streamer for Jsonrpsee {
    fn name(&self) -> &'static str {
        "jsonrpsee-websocket"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        runtime().block_on(async {
            let config = ServerConfig::builder().set_tcp_no_delay(true).build();
            let server = Server::builder().set_config(config).build("127.0.0.1:0").await?;
            announce(server.local_addr()?);
            let mut module = RpcModule::new(());
            module.register_subscription(
                Kind::Numbers.function(),
                "number",
                "stop_numbers",
                |params, pending, _, _| async move {
                    if let Ok((count,)) = params.parse::<(u32,)>() {
                        send(pending, item::numbers(count)).await;
                    }
                },
            )?;
            module.register_subscription(
                Kind::Records.function(),
                "record",
                "stop_records",
                |params, pending, _, _| async move {
                    if let Ok((count,)) = params.parse::<(u32,)>() {
                        send(pending, item::records(count)).await;
                    }
                },
            )?;
            server.start(module).stopped().await;
            Ok(())
        })
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Reader>, Box<dyn Error>> {
        let runtime = runtime();
        // A subscription ends whose reader is behind by more, which the server takes no heed of.
        let client = WsClientBuilder::default()
            .set_tcp_no_delay(true)
            .max_buffer_capacity_per_subscription(ITEMS as usize);
        let client = runtime.block_on(client.build(format!("ws://{address}")))?;
        Ok(Box::new(WebSocketReader { client, runtime }))
    }
}

/// Sends items for as long as they are taken.
async fn send<T: Serialize>(pending: PendingSubscriptionSink, items: impl Iterator<Item = T>) {
    let Ok(sink) = pending.accept().await else { return };
    for item in items {
        if sink.send(to_raw_value(&item).unwrap()).await.is_err() {
            return;
        }
    }
}

struct WebSocketReader {
    client: WsClient,
    runtime: Runtime,
}

impl WebSocketReader {
    fn items<T: DeserializeOwned>(&mut self, kind: Kind, count: u32, is: fn(&T, i64) -> bool) {
        let function = kind.function();
        self.runtime.block_on(async {
            let stop = format!("stop_{function}");
            let items = self.client.subscribe::<T, _>(function, rpc_params![count], &stop).await;
            let (mut items, mut check) = (items.unwrap(), Check::of(count));
            for _ in 0..count {
                check.take(&items.next().await.unwrap().unwrap(), is);
            }
            check.end();
            items.unsubscribe().await.unwrap();
        });
    }
}

impl Reader for WebSocketReader {
    fn read(&mut self, kind: Kind, count: u32) {
        match kind {
            Kind::Numbers => self.items(kind, count, item::is_number),
            Kind::Records => self.items(kind, count, Record::is),
        }
    }
}
