//! JSON over HTTP/1.1 from hyper's client with its pool, which the usual HTTP clients are built on.

use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A client of one server.
pub struct HyperClient {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
}

impl HyperClient {
    pub fn new(base: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), base }
    }

    /// Posts one value and returns the other.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, value: &impl Serialize) -> T {
        let body = Full::new(serde_json::to_vec(value).unwrap().into());
        let request = Request::post(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap();
        let response = self.client.request(request).await.unwrap();
        assert!(response.status().is_success());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }
}
