//! Ours: the asynchronous client, and the event loop.

use std::error::Error;
use std::net::SocketAddr;

use futures_util::future::join_all;
use rpc_core::{AsyncRpcClient, Dialect};

use super::asynchronous::{self, AsyncClient};
use super::models::EVENT_LOOP;
use super::ours::{add, echo};
use super::{Clients, Contender, Kind};
use crate::scenario::Scenario;

/// The asynchronous client on one thread, and a server with an event loop.
pub struct OursAsync {
    pub name: &'static str,
    /// That of the URL: `tcp`, `http` or `ws`.
    pub scheme: &'static str,
    pub dialect: Dialect,
}

impl OursAsync {
    fn has_pool(&self) -> bool {
        self.scheme == "http"
    }
}

impl Contender for OursAsync {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        Kind::Ours
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        Ok(EVENT_LOOP.serve(announce)?)
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        asynchronous::connect(connections, || async {
            let url = format!("{}://{address}", self.scheme);
            let client = AsyncRpcClient::builder().dialect(self.dialect).connect_async(url).await?;
            Ok(Client { client, has_pool: self.has_pool() })
        })
    }

    fn note(&self, scenario: &Scenario) -> Option<&'static str> {
        (self.has_pool() && scenario.in_flight > 1)
            .then_some("each client has a pool of 6 connections with a call in flight on each")
    }
}

struct Client {
    client: AsyncRpcClient,
    /// Whether calls in flight together need connections of their own.
    has_pool: bool,
}

impl AsyncClient for Client {
    async fn add(&self) -> i64 {
        self.client.add(1, 2).c(3).call().await.unwrap()
    }

    async fn echo(&self, text: &str) -> String {
        self.client.echo(text).call().await.unwrap()
    }

    async fn add_on_all(clients: &[Self], in_flight: usize) {
        let start = |client: &Self| client.client.add(1, 2).c(3).start().unwrap();
        let calls = clients.iter().flat_map(|client| (0..in_flight).map(|_| start(client)));
        let calls: Vec<_> = calls.collect();
        if clients[0].has_pool && in_flight > 1 {
            // Those that found no connection are sent when they are polled.
            for sum in join_all(calls).await {
                assert_eq!(sum.unwrap(), 6);
            }
        } else {
            for call in calls {
                assert_eq!(call.await.unwrap(), 6);
            }
        }
    }
}
