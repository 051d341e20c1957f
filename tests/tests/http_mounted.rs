//! Functions in somebody's own axum program, beside its other routes.

#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::routing::get;
use rpc_core::RpcServer;
use tests::{HttpPeer, run};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

#[test]
fn an_axum_program_serves_functions_too() {
    run(async {
        let service = RpcServer::exported().into_service().unwrap();
        let app = Router::new()
            .route("/hello", get(|| async { "hello" }))
            .route_service("/rpc", service.clone())
            .nest_service("/api", service);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async { axum::serve(listener, app).await });
        let talk = move || {
            let mut peer = HttpPeer::connect(address);
            let get = |path| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assert_eq!(peer.exchange(&get("/hello")).body, "hello");
            let json = "Content-Type: application/json\r\n";
            let post = |headers: &str, body| HttpPeer::post(headers, body).replacen('/', "/rpc", 1);
            assert_eq!(peer.exchange(&post(json, ADD)).body, SUM);
            let slow = r#"{"method_name":"hold_ms","method_args":[50,5]}"#;
            assert_eq!(peer.exchange(&post(json, slow)).body, r#"{"res":5}"#);
            let panicking = r#"{"method_name":"fail","method_args":["secret"]}"#;
            assert!(peer.exchange(&post(json, panicking)).body.contains("-32603"));
            assert_eq!(peer.exchange(&post("", ADD).replace("/rpc", "/api/")).body, SUM);
            assert_eq!(peer.exchange(&get("/api/readyz")).status, 200);
            assert_eq!(peer.exchange(&get("/rpc")).status, 405);
            assert_eq!(peer.exchange(&post("Content-Type: text/plain\r\n", ADD)).status, 415);
            assert_eq!(peer.exchange(&post("Origin: http://evil.example\r\n", ADD)).status, 403);
            let evil = post(json, ADD).replace("Host: localhost", "Host: evil.example");
            assert_eq!(peer.exchange(&evil).status, 403);
        };
        spawn_blocking(talk).await.unwrap();
        server.abort();
    });
}
