//! Who may use tools and how much at a time, which is as for all callers; who else reaches them, and when they are cancelled.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use rpc_core::protocol::Limits;
use rpc_core::server::Tools;
use rpc_core::{CallContext, RpcServer, State, rpc_export};
use serde_json::{Value, json};
use tests::{HttpPeer, McpPeer, Model, Served, run, until};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

/// How many calls have begun, and how many of them nobody waits for any more.
#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    cancelled: AtomicUsize,
}

/// The functions that are tools here.
#[rpc_export]
mod shop {
    use std::future::pending;
    use std::thread;
    use std::time::Duration;

    use super::{Arc, CallContext, Counts, Ordering, State};

    /// Answers with a text.
    #[rpc_export(mcp)]
    pub(crate) fn motto() -> &'static str {
        "light"
    }

    /// Answers with a long text.
    #[rpc_export(mcp)]
    pub(crate) fn catalogue(size: usize) -> String {
        "x".repeat(size)
    }

    /// Works until nobody waits for it.
    #[rpc_export(mcp, blocking)]
    pub(crate) fn work(counts: State<Arc<Counts>>, context: &CallContext) {
        counts.begun.fetch_add(1, Ordering::SeqCst);
        while !context.is_cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
        counts.cancelled.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits without a thread.
    #[rpc_export(mcp)]
    pub(crate) async fn wait(counts: State<Arc<Counts>>) {
        struct Guard(Arc<Counts>);
        impl Drop for Guard {
            fn drop(&mut self) {
                self.0.cancelled.fetch_add(1, Ordering::SeqCst);
            }
        }
        let _guard = Guard(Arc::clone(&counts));
        counts.begun.fetch_add(1, Ordering::SeqCst);
        pending::<()>().await;
    }
}

fn server() -> RpcServer {
    RpcServer::exported().share(Arc::new(Counts::default())).mcp(Tools::filter(|function| {
        function.is_tool() == Some(true) && function.name().starts_with("shop.")
    }))
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[test]
fn the_door_is_guarded_as_all_others() {
    let server = server().start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    for method in ["GET", "DELETE"] {
        let request =
            format!("{method} /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: x\r\n\r\n");
        let response = peer.exchange(&request);
        assert_eq!((response.status, response.header("allow")), (405, Some("POST, OPTIONS")));
    }
    let body = McpPeer::body("ping", &json!({}));
    let post = |headers: &str| HttpPeer::post(headers, &body).replacen("POST / ", "POST /mcp ", 1);
    let json = "Content-Type: application/json\r\n";
    for (headers, status) in [
        (json.to_owned(), 200),
        // A client that takes JSON alone is given that.
        (format!("{json}Accept: application/json\r\n"), 200),
        (format!("{json}Mcp-Session-Id: x\r\nLast-Event-ID: 1\r\n"), 200),
        (format!("{json}Origin: http://evil.example\r\n"), 403),
        ("Content-Type: text/plain\r\n".to_owned(), 415),
    ] {
        assert_eq!(peer.exchange(&post(&headers)).status, status, "{headers}");
    }
    let elsewhere = post(json).replace("Host: localhost", "Host: evil.example");
    assert_eq!(peer.exchange(&elsewhere).status, 403);
}

#[test]
fn a_page_that_was_allowed_may_send_the_headers_of_the_protocol() {
    let server = server().allow_origin("http://inspector.example").start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    let response = peer.exchange(
        "OPTIONS /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: http://inspector.example\r\n\
         Access-Control-Request-Method: POST\r\n\r\n",
    );
    let allowed = response.header("access-control-allow-headers").unwrap();
    assert_eq!(allowed, "content-type, authorization, mcp-protocol-version, mcp-method, mcp-name");
}

#[test]
fn without_tools_the_path_is_one_like_others() {
    let server = RpcServer::exported().share(Arc::new(Counts::default()));
    let server = server.start("127.0.0.1:0").unwrap();
    let mut peer = McpPeer::connect(server.address());
    let response = peer.post("", r#"{"jsonrpc":"2.0","id":1,"method":"shop.motto"}"#);
    assert!(response.body.contains("light"), "{}", response.body);
    let (_, code, _, _) = McpPeer::error(&peer.post("", &McpPeer::body("tools/list", &json!({}))));
    assert_eq!(code, -32601);
}

#[test]
fn limits_hold() {
    let limits = Limits { max_message_bytes: 4096, ..Limits::default() };
    let server = server().limits(limits).start("127.0.0.1:0").unwrap();
    let mut peer = McpPeer::connect(server.address());
    assert_eq!(text(&peer.call("shop_catalogue", &json!({ "size": 1000 }))).len(), 1000);
    for size in [2500, 5000] {
        let result = peer.call("shop_catalogue", &json!({ "size": size }));
        assert_eq!(result["isError"], json!(true));
        assert!(text(&result).contains("over the limit of 4096"), "{result}");
    }
    let response = peer.post("", &McpPeer::body("ping", &json!({ "x": "x".repeat(5000) })));
    let (status, code, sentence, _) = McpPeer::error(&response);
    assert_eq!((status, code), (413, -32600), "{sentence}");
}

#[test]
fn every_model_serves_tools() {
    const MODELS: [&str; 6] =
        ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];
    for model in MODELS {
        let program = env!("CARGO_BIN_EXE_model_server");
        let server = Served::start(program, &format!("--model {model}"));
        let mut peer = McpPeer::connect(server.address().socket_addr().unwrap());
        assert_eq!(peer.ask("server/discover", json!({})).status, 200, "{model}");
        assert_eq!(
            peer.call("add", &json!({ "a": 1, "b": 2 }))["structuredContent"],
            json!({ "result": 13 }),
            "{model}"
        );
    }
}

#[test]
fn a_mounted_service_serves_tools() {
    run(async {
        let service = server().into_service().unwrap();
        let app =
            Router::new().route_service("/mcp", service.clone()).nest_service("/api", service);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async { axum::serve(listener, app).await });
        let talk = move || {
            let mut peer = McpPeer::connect(address);
            assert_eq!(text(&peer.call("shop_motto", &json!({}))), "light");
            let body = McpPeer::body("tools/list", &json!({}));
            let nested = HttpPeer::post("Content-Type: application/json\r\n", &body).replacen(
                "POST / ",
                "POST /api/mcp ",
                1,
            );
            assert!(HttpPeer::connect(address).exchange(&nested).body.contains("shop_motto"));
        };
        spawn_blocking(talk).await.unwrap();
        server.abort();
    });
}

#[test]
fn a_client_that_goes_away_cancels_its_call() {
    Model::each(|model| {
        let counts = Arc::new(Counts::default());
        let server = RpcServer::exported().share(Arc::clone(&counts)).mcp(Tools::marked());
        let server = model.start(server);
        for (tool, number) in [("shop_work", 1), ("shop_wait", 2)] {
            let mut peer = McpPeer::connect(server.address());
            let params = json!({ "name": tool, "_meta": McpPeer::meta() });
            let headers = McpPeer::headers("tools/call", Some(tool));
            peer.send(&headers, &McpPeer::body("tools/call", &params));
            until("the call has begun", || counts.begun.load(Ordering::SeqCst) == number);
            drop(peer);
            until("it is cancelled", || counts.cancelled.load(Ordering::SeqCst) == number);
        }
    });
}
