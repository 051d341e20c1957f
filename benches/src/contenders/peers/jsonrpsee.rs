//! jsonrpsee: JSON-RPC 2.0 over HTTP and WebSocket, its clients also with our server.

use std::error::Error;
use std::net::SocketAddr;

use futures_util::future::join_all;
use jsonrpsee_core::client::ClientT;
use jsonrpsee_core::params::BatchRequestBuilder;
use jsonrpsee_core::rpc_params;
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee_server::types::ErrorObjectOwned;
use jsonrpsee_server::{RpcModule, Server, ServerConfig};
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};

use super::POOL;
use crate::contenders::asynchronous::{self, AsyncClient, BatchClient};
use crate::contenders::models::EVENT_LOOP;
use crate::contenders::over::Over;
use crate::contenders::{Clients, Contender, Kind};
use crate::scenario::Scenario;

/// One of jsonrpsee's clients, and a server.
pub struct Jsonrpsee {
    name: &'static str,
    how: How,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    /// A request for each call.
    Http,
    /// A request for all calls that are in flight on a connection.
    Batch,
    /// A message for each call.
    WebSocket,
}

pub const HTTP: Jsonrpsee = Jsonrpsee::with_its_server("jsonrpsee-http", How::Http);
pub const BATCH: Jsonrpsee = Jsonrpsee::with_its_server("jsonrpsee-batch", How::Batch);
pub const WEBSOCKET: Jsonrpsee = Jsonrpsee::with_its_server("jsonrpsee-websocket", How::WebSocket);

pub const HTTP_TO_OURS: Jsonrpsee = Jsonrpsee::with_ours("jsonrpsee-http-to-ours", How::Http);
pub const BATCH_TO_OURS: Jsonrpsee = Jsonrpsee::with_ours("jsonrpsee-batch-to-ours", How::Batch);
pub const WEBSOCKET_TO_OURS: Jsonrpsee =
    Jsonrpsee::with_ours("jsonrpsee-websocket-to-ours", How::WebSocket);

impl Jsonrpsee {
    const fn with_its_server(name: &'static str, how: How) -> Self {
        Self { name, how, kind: Kind::Peer }
    }

    const fn with_ours(name: &'static str, how: How) -> Self {
        Self { name, how, kind: Kind::Ours }
    }
}

impl Contender for Jsonrpsee {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        if self.kind == Kind::Ours {
            return Ok(EVENT_LOOP.serve(Over::Tcp, announce)?);
        }
        asynchronous::runtime().block_on(async {
            let config = ServerConfig::builder().max_connections(1 << 16).set_tcp_no_delay(true);
            let server = Server::builder().set_config(config.build()).build("127.0.0.1:0").await?;
            announce(server.local_addr()?);
            let mut module = RpcModule::new(());
            module.register_method("add", |params, (), _| {
                let (a, b, c): (i64, i64, Option<i64>) = params.parse()?;
                Ok::<_, ErrorObjectOwned>(a + b + c.unwrap_or(10))
            })?;
            module.register_method("echo", |params, (), _| {
                let (text,): (String,) = params.parse()?;
                Ok::<_, ErrorObjectOwned>(text)
            })?;
            server.start(module).stopped().await;
            Ok(())
        })
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        let http = || {
            let client = HttpClientBuilder::default().set_tcp_no_delay(true);
            client.build(format!("http://{address}"))
        };
        match self.how {
            How::Http => asynchronous::connect(connections, || async { Ok(Http(http()?)) }),
            How::Batch => {
                asynchronous::connect_batches(connections, || async { Ok(Batch(http()?)) })
            }
            How::WebSocket => asynchronous::connect(connections, || async move {
                let client = WsClientBuilder::default().set_tcp_no_delay(true);
                Ok(WebSocket(client.build(format!("ws://{address}")).await?))
            }),
        }
    }

    fn cannot(&self, scenario: &Scenario) -> Option<&'static str> {
        (self.how == How::Batch && scenario.in_flight == 1)
            .then_some("one call is no batch: see jsonrpsee-http")
    }

    fn note(&self, scenario: &Scenario) -> Option<&'static str> {
        match self.how {
            How::Http if scenario.in_flight > 1 => Some(POOL),
            How::Batch => Some("the calls in flight on a connection are one request"),
            _ => None,
        }
    }
}

async fn add(client: &impl ClientT) -> i64 {
    client.request("add", rpc_params![1, 2, 3]).await.unwrap()
}

async fn echo(client: &impl ClientT, text: &str) -> String {
    client.request("echo", rpc_params![text]).await.unwrap()
}

struct Http(HttpClient);

impl AsyncClient for Http {
    async fn add(&self) -> i64 {
        add(&self.0).await
    }

    async fn echo(&self, text: &str) -> String {
        echo(&self.0, text).await
    }
}

struct WebSocket(WsClient);

impl AsyncClient for WebSocket {
    async fn add(&self) -> i64 {
        add(&self.0).await
    }

    async fn echo(&self, text: &str) -> String {
        echo(&self.0, text).await
    }
}

struct Batch(HttpClient);

impl BatchClient for Batch {
    async fn echo(&self, text: &str) -> String {
        echo(&self.0, text).await
    }

    async fn add_on_all(clients: &[Self], in_flight: usize) {
        let batches = clients.iter().map(|client| async {
            let mut batch = BatchRequestBuilder::new();
            for _ in 0..in_flight {
                batch.insert("add", rpc_params![1, 2, 3]).unwrap();
            }
            client.0.batch_request::<i64>(batch).await.unwrap()
        });
        for sums in join_all(batches).await {
            assert_eq!(
                sums.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
                vec![6; in_flight]
            );
        }
    }
}
