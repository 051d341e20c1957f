//! Functions in somebody's own axum program, beside its other routes.

#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::routing::get;
use http_body_util::BodyExt;
use hyper::Request;
use rpc_core::{CallContext, RpcServer, rpc_export};
use tests::{HttpPeer, run};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tower::ServiceExt;

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

/// Who calls, as the program around the service knows.
#[derive(Clone)]
struct User(&'static str);

/// Says who calls.
#[rpc_export]
fn user(context: &CallContext) -> Option<String> {
    assert!(context.extension::<String>().is_none() && context.connection().is_none());
    context.extension::<User>().map(|User(name)| (*name).to_owned())
}

/// The same on another thread.
#[rpc_export(blocking)]
fn user_blocking(context: &CallContext) -> Option<String> {
    user(context)
}

/// The same later.
#[rpc_export]
async fn user_later(context: &CallContext) -> Option<String> {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    user(context)
}

#[test]
fn what_is_around_a_service_says_who_calls() {
    run(async {
        let service = RpcServer::exported().into_service().unwrap();
        let ask = |body: &str, content_type: &str, user: Option<User>| {
            let request = Request::post("http://localhost/").header("content-type", content_type);
            let mut request = request.header("x-team", "a").body(body.to_owned()).unwrap();
            if let Some(user) = user {
                request.extensions_mut().insert(user);
            }
            let service = service.clone();
            async move {
                let response = service.oneshot(request).await.unwrap();
                let body = response.into_body().collect().await.unwrap().to_bytes();
                String::from_utf8(body.to_vec()).unwrap()
            }
        };
        let json = "application/json";
        for method in ["user", "user_blocking", "user_later"] {
            let call = format!(r#"{{"method_name":"{method}"}}"#);
            assert_eq!(ask(&call, json, Some(User("ada"))).await, r#"{"res":"ada"}"#);
            assert_eq!(ask(&call, json, None).await, r#"{"res":null}"#);
        }
        let batch = r#"[{"jsonrpc":"2.0","method":"user_later","id":1},
            {"jsonrpc":"2.0","method":"user","id":2,"metadata":{"a":"b"}}]"#;
        let replies = ask(batch, json, Some(User("ada"))).await;
        assert_eq!(replies.matches(r#""result":"ada""#).count(), 2, "{replies}");
        let header = r#"{"method_name":"header","method_args":["x-team"]}"#;
        assert_eq!(ask(header, json, None).await, r#"{"res":"a"}"#);
        let xml = "<methodCall><methodName>user</methodName></methodCall>";
        let reply = ask(xml, "text/xml", Some(User("ada"))).await;
        assert!(reply.contains("<string>ada</string>"), "{reply}");
    });
}
