//! Who calls over HTTP: statuses, what is remembered and for how long, wrong credentials that come too often.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt;
use hyper::Request;
use rpc_core::identity::{Authenticate, Credentials, Identity, Unauthenticated};
use rpc_core::server::ServerHandle;
use rpc_core::{FunctionRegistry, JsonRpc, RpcServer, TcpServer};
use serde_json::{Value, json};
use tests::{HttpPeer, Model, Response, know, know_later, run, until};
use tower::ServiceExt;

type Server = TcpServer<JsonRpc<FunctionRegistry>>;

/// A server, and how often its authenticator has been asked.
fn counting(change: impl FnOnce(Server) -> Server) -> (ServerHandle, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = RpcServer::exported().authenticate(move |credentials: &Credentials<'_>| {
        count.fetch_add(1, Ordering::SeqCst);
        know(credentials)
    });
    (Model::EventLoop.start(change(server)), asked)
}

fn call(method: &str) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "id": 1})
}

/// Asks over a connection of its own, with header lines.
fn ask(server: &ServerHandle, headers: &str, body: &Value) -> Response {
    let headers = format!("Content-Type: application/json\r\n{headers}");
    let mut peer = HttpPeer::connect(server.address().to_string());
    peer.exchange(&HttpPeer::post(&headers, &body.to_string()))
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn who_said_who_they_are_is_remembered_and_who_said_it_wrong_is_not() {
    let (server, asked) = counting(|server| server);
    let asked = || asked.swap(0, Ordering::SeqCst);
    for _ in 0..3 {
        assert!(ask(&server, &bearer("s3cret"), &call("whoami")).body.contains("ada"));
    }
    assert_eq!(asked(), 1);
    for _ in 0..3 {
        assert_eq!(ask(&server, &bearer("wrong"), &call("whoami")).status, 401);
        assert_eq!(ask(&server, "", &call("whoami")).status, 200);
    }
    assert_eq!(asked(), 3);

    for (count, time) in [(0, Duration::from_secs(60)), (1024, Duration::ZERO)] {
        let (server, asked) = counting(|server| server.remember_callers(count, time));
        for _ in 0..3 {
            assert!(ask(&server, &bearer("s3cret"), &call("whoami")).body.contains("ada"));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 3, "{count}, {time:?}");
    }
}

#[test]
fn nobody_is_remembered_for_longer_than_they_are_somebody() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let authenticate = move |_: &Credentials<'_>| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Ok(Identity::new("ada").expires_at(SystemTime::now() + Duration::from_millis(300))),
        1 => Err(Unauthenticated::expired()),
        // One that has expired already is nobody's.
        2 => Ok(Identity::new("ada").expires_at(SystemTime::now())),
        _ => Ok(Identity::new("ada again")),
    };
    let server = Model::ThreadPerConnection.start(RpcServer::exported().authenticate(authenticate));
    let mut expired = ask(&server, &bearer("a"), &call("whoami"));
    until("the identity expires", || {
        expired = ask(&server, &bearer("a"), &call("whoami"));
        expired.status != 200
    });
    for _ in 0..2 {
        assert_eq!(expired.status, 401, "{expired:?}");
        assert!(expired.body.contains(r#""expired":true"#), "{expired:?}");
        expired = ask(&server, &bearer("a"), &call("whoami"));
    }
    assert!(expired.body.contains("ada again"), "{expired:?}");
}

#[test]
fn wrong_credentials_that_come_too_often_are_not_looked_at() {
    let minute = Duration::from_secs(60);
    let (server, asked) = counting(|server| server.slow_failed_logins(3, minute));
    assert_eq!(ask(&server, &bearer("bob"), &call("whoami")).status, 200);
    // What has expired is no guess.
    for _ in 0..5 {
        assert_eq!(ask(&server, &bearer("old"), &call("whoami")).status, 401);
    }
    for _ in 0..3 {
        assert_eq!(ask(&server, &bearer("wrong"), &call("whoami")).status, 401);
    }
    asked.store(0, Ordering::SeqCst);
    for token in ["wrong", "s3cret"] {
        let refused = ask(&server, &bearer(token), &call("whoami"));
        assert_eq!(refused.status, 429, "{refused:?}");
        let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{refused:?}");
        let body: Value = serde_json::from_str(&refused.body).unwrap();
        assert_eq!(body["error"]["code"], -32000, "{body}");
        assert!(refused.body.contains("retry_after_ms"), "{body}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // Who is known already, and who says nothing, goes on.
    assert!(ask(&server, &bearer("bob"), &call("whoami")).body.contains("bob"));
    assert_eq!(ask(&server, "", &call("whoami")).status, 200);

    let (server, _) = counting(|server| server.slow_failed_logins(0, minute));
    for _ in 0..20 {
        assert_eq!(ask(&server, &bearer("wrong"), &call("whoami")).status, 401);
    }
}

#[test]
fn ten_wrong_ones_a_minute_are_usual() {
    let (server, _) = counting(|server| server);
    let statuses: Vec<_> =
        (0..12).map(|_| ask(&server, &bearer("wrong"), &call("whoami")).status).collect();
    assert_eq!(statuses, [[401; 10].as_slice(), &[429; 2]].concat());
}

#[test]
fn a_batch_is_refused_as_a_whole_or_in_part() {
    for server in [
        RpcServer::exported().authenticate(know),
        RpcServer::exported().authenticate_async(know_later),
    ] {
        let server = Model::EventLoop.start(server);
        let mut own = call("whoami");
        own["metadata"] = json!({"authorization": "Bearer wrong"});
        let batch = json!([call("whoami"), own, call("system.listMethods")]);
        let wrong = ask(&server, &bearer("wrong"), &batch);
        assert_eq!(wrong.status, 401, "{wrong:?}");
        assert_eq!(wrong.body.matches("-32007").count(), 3, "{wrong:?}");
        let part = ask(&server, &bearer("s3cret"), &batch);
        assert_eq!(part.status, 200, "{part:?}");
        assert_eq!(part.body.matches("-32007").count(), 1, "{part:?}");
        assert!(part.body.contains("ada"), "{part:?}");

        let calls = json!([{"methodName": "whoami", "params": []}, {"methodName": "whoami"}]);
        let mut multicall = call("system.multicall");
        multicall["params"] = json!([calls]);
        let ada = ask(&server, &bearer("s3cret"), &multicall);
        assert_eq!(ada.body.matches("ada").count(), 2, "{ada:?}");
        let wrong = ask(&server, &bearer("wrong"), &multicall);
        assert_eq!((wrong.status, wrong.body.matches("-32007").count()), (401, 1), "{wrong:?}");
    }
}

#[test]
fn a_password_is_asked_for_where_it_is_understood() {
    let server = RpcServer::exported().authenticate(Authenticate::taking_basic(know));
    let server = Model::ThreadPerConnection.start(server);
    let wrong = ask(&server, "Authorization: Basic YTpi\r\n", &call("whoami"));
    assert_eq!(wrong.status, 401);
    let challenges: Vec<_> =
        wrong.headers.iter().filter(|line| line.starts_with("www-authenticate: ")).collect();
    assert_eq!(challenges.len(), 2, "{wrong:?}");
    assert!(challenges[1].contains("Basic realm=\"rpc\""), "{wrong:?}");
    let basic = "Authorization: Basic YWRhOm9wZW4gc2VzYW1l\r\n";
    assert!(ask(&server, basic, &call("whoami")).body.contains("ada"));
}

#[test]
fn a_header_that_can_be_read_in_two_ways_is_refused() {
    let (server, asked) = counting(|server| server);
    for headers in [
        [bearer("s3cret"), bearer("s3cret")].concat(),
        [bearer("s3cret"), bearer("wrong")].concat(),
        "Authorization:\r\n".to_owned(),
        "Authorization: Bearer\r\n".to_owned(),
    ] {
        let refused = ask(&server, &headers, &call("whoami"));
        assert_eq!(refused.status, 401, "{headers}: {refused:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let mut peer = HttpPeer::connect(server.address().to_string());
    let post = HttpPeer::post("Content-Type: application/json\r\nAuthorization: #\r\n", "{}");
    let body = call("whoami").to_string();
    let post = post.replace("Content-Length: 2", &format!("Content-Length: {}", body.len()));
    let (head, _) = post.rsplit_once("{}").unwrap();
    let (before, after) = head.split_once('#').unwrap();
    peer.write(&[before.as_bytes(), b"Bearer \xff", after.as_bytes(), body.as_bytes()].concat());
    assert_eq!(peer.receive().unwrap().status, 401);
}

#[test]
fn the_page_and_the_health_of_a_server_are_for_everybody() {
    let (server, asked) = counting(|server| server);
    for path in ["/docs", "/healthz"] {
        let mut peer = HttpPeer::connect(server.address().to_string());
        let wrong = bearer("wrong");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{wrong}\r\n");
        assert_eq!(peer.exchange(&request).status, 200, "{path}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_mounted_service_asks_too() {
    run(async {
        for server in [
            RpcServer::exported().authenticate(know),
            RpcServer::exported().authenticate_async(know_later),
        ] {
            let service = server.into_service().unwrap();
            for (token, status, part) in
                [("Bearer s3cret", 200, "ada"), ("Bearer wrong", 401, "-32007")]
            {
                let request = Request::post("http://localhost/")
                    .header("content-type", "application/json")
                    .header("authorization", token)
                    .body(call("whoami").to_string())
                    .unwrap();
                let response = service.clone().oneshot(request).await.unwrap();
                assert_eq!(response.status(), status);
                let body = response.into_body().collect().await.unwrap().to_bytes();
                let body = String::from_utf8(body.to_vec()).unwrap();
                assert!(body.contains(part), "{body}");
            }
        }
    });
}
