//! Ours: the asynchronous client, and the event loop.

use std::error::Error;
use std::net::SocketAddr;

use futures_util::future::join_all;
use rpc_core::AsyncRpcClient;
use rpc_core::client::Dialect;

use super::asynchronous::{self, AsyncClient, BatchClient};
use super::models::EVENT_LOOP;
use super::ours::{add, echo};
use super::over::Over;
use super::{Clients, Contender, Kind};
use crate::scenario::Scenario;

/// The asynchronous client on one thread, and a server with an event loop.
pub struct OursAsync {
    name: &'static str,
    /// That of the URL without TLS: `tcp`, `http` or `ws`.
    scheme: &'static str,
    over: Over,
    dialect: Dialect,
    together: Together,
}

/// How calls are in flight together.
#[derive(Clone, Copy, PartialEq)]
pub enum Together {
    /// On one connection.
    Shared,
    /// On one connection each, of a few.
    Pool,
    /// As one request.
    Batch,
}

impl OursAsync {
    pub const fn new(
        name: &'static str,
        scheme: &'static str,
        dialect: Dialect,
        together: Together,
    ) -> Self {
        Self { name, scheme, over: Over::Tcp, dialect, together }
    }

    /// The same over TLS.
    #[cfg(feature = "tls")]
    pub const fn over_tls(self) -> Self {
        Self { over: Over::Tls, ..self }
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
        Ok(EVENT_LOOP.serve(self.over, announce)?)
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        let connect = || async {
            let url = format!("{}://{address}", self.over.scheme(self.scheme));
            let client = self.over.client()?.dialect(self.dialect).connect_async(url).await?;
            Ok::<_, Box<dyn Error>>(client)
        };
        match self.together {
            Together::Batch => {
                asynchronous::connect_batches(connections, || async { Ok(Batch(connect().await?)) })
            }
            Together::Shared | Together::Pool => {
                asynchronous::connect(connections, || async { Ok(Client(connect().await?)) })
            }
        }
    }

    fn cannot(&self, scenario: &Scenario) -> Option<&'static str> {
        (self.together == Together::Batch && scenario.in_flight == 1)
            .then_some("one call is no batch: see ours-http")
    }

    fn note(&self, scenario: &Scenario) -> Option<&'static str> {
        match self.together {
            Together::Pool if scenario.in_flight > 1 => {
                Some("each client has a pool of 6 connections with a call in flight on each")
            }
            Together::Batch => Some("the calls in flight on a connection are one request"),
            _ => None,
        }
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
}

struct Batch(AsyncRpcClient);

impl BatchClient for Batch {
    async fn add_on_all(clients: &[Self], in_flight: usize) {
        let batches = clients.iter().map(|Self(client)| {
            client.batch(move |calls| {
                (0..in_flight).map(|_| calls.add(1, 2).c(3).call()).collect::<Vec<_>>()
            })
        });
        for sums in join_all(batches).await {
            assert_eq!(sums.unwrap(), vec![6; in_flight]);
        }
    }

    async fn echo(&self, text: &str) -> String {
        self.0.echo(text).call().await.unwrap()
    }
}
