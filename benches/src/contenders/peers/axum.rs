//! axum: JSON over HTTP/1.1.

use std::error::Error;
use std::net::SocketAddr;

use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::POOL;
use super::hyper_client::HyperClient;
use crate::contenders::asynchronous::{self, AsyncClient};
use crate::contenders::{Clients, Contender, Kind};
use crate::scenario::Scenario;

/// axum with a route for each function.
pub struct Axum;

#[derive(Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
    c: Option<i64>,
}

impl Contender for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        asynchronous::runtime().block_on(async {
            let add = |Json(Add { a, b, c })| async move { Json(a + b + c.unwrap_or(10)) };
            let echo = |Json(text): Json<String>| async { Json(text) };
            let app = Router::new().route("/add", post(add)).route("/echo", post(echo));
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            announce(listener.local_addr()?);
            let listener = listener.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            Ok(axum::serve(listener, app).await?)
        })
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        asynchronous::connect(connections, || async {
            Ok(Client(HyperClient::new(format!("http://{address}"))))
        })
    }

    fn note(&self, scenario: &Scenario) -> Option<&'static str> {
        (scenario.in_flight > 1).then_some(POOL)
    }
}

struct Client(HyperClient);

impl AsyncClient for Client {
    async fn add(&self) -> i64 {
        self.0.post("/add", &Add { a: 1, b: 2, c: Some(3) }).await
    }

    async fn echo(&self, text: &str) -> String {
        self.0.post("/echo", &text).await
    }
}
