//! Ours: batches of the asynchronous client over HTTP, and the event loop.

use std::error::Error;
use std::net::SocketAddr;

use futures_util::future::join_all;
use rpc_core::AsyncRpcClient;

use super::asynchronous::{self, AsyncClient};
use super::models::EVENT_LOOP;
use super::ours::{add, echo};
use super::{Clients, Contender, Kind};
use crate::scenario::Scenario;

/// A request for all calls that are in flight on a connection.
pub struct OursBatch;

impl Contender for OursBatch {
    fn name(&self) -> &'static str {
        "ours-batch"
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
            Ok(Client(AsyncRpcClient::connect(format!("http://{address}")).await?))
        })
    }

    fn cannot(&self, scenario: &Scenario) -> Option<&'static str> {
        (scenario.in_flight == 1).then_some("one call is no batch: see ours-http")
    }

    fn note(&self, _: &Scenario) -> Option<&'static str> {
        Some("the calls in flight on a connection are one request")
    }
}

struct Client(AsyncRpcClient);

impl AsyncClient for Client {
    async fn add(&self) -> i64 {
        self.0.add(1, 2).c(3).call().await.unwrap()
    }

    async fn echo(&self, text: &str) -> String {
        self.0.echo(text).call().await.unwrap()
    }

    async fn add_on_all(clients: &[Self], in_flight: usize) {
        let batches = clients.iter().map(|client| {
            client.0.batch(move |calls| {
                (0..in_flight).map(|_| calls.add(1, 2).c(3).call()).collect::<Vec<_>>()
            })
        });
        for sums in join_all(batches).await {
            assert_eq!(sums.unwrap(), vec![6; in_flight]);
        }
    }
}
