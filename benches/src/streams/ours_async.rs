//! Ours: the same functions on an event loop, and the asynchronous client.

use std::error::Error;
use std::net::SocketAddr;

use rpc_core::AsyncRpcClient;
use rpc_core::client::AsyncItems;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::contenders::asynchronous::runtime;
use crate::contenders::models::EVENT_LOOP;
use crate::contenders::over::Over;

use super::item::{self, Check, Kind, Record};
use super::ours::{numbers, records};
use super::{Reader, Streamer};

/// The asynchronous client on one thread, and a server with an event loop.
pub struct OursAsync;

impl Streamer for OursAsync {
    fn name(&self) -> &'static str {
        "ours-async"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        Ok(EVENT_LOOP.serve(Over::Tcp, announce)?)
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Reader>, Box<dyn Error>> {
        let runtime = runtime();
        let client = runtime.block_on(AsyncRpcClient::connect(address))?;
        Ok(Box::new(AsyncReader { client, runtime }))
    }
}

struct AsyncReader {
    client: AsyncRpcClient,
    runtime: Runtime,
}

impl Reader for AsyncReader {
    fn read(&mut self, kind: Kind, count: u32) {
        let Self { client, runtime } = self;
        runtime.block_on(async {
            match kind {
                Kind::Numbers => {
                    let items = client.numbers(count).call().await.unwrap();
                    check(items, count, item::is_number).await;
                }
                Kind::Records => {
                    let items = client.records(count).call().await.unwrap();
                    check(items, count, Record::is).await;
                }
            }
        });
    }
}

async fn check<T: DeserializeOwned>(mut items: AsyncItems<T>, count: u32, is: fn(&T, i64) -> bool) {
    let mut check = Check::of(count);
    while let Some(item) = items.next().await {
        check.take(&item.unwrap(), is);
    }
    check.end();
}
