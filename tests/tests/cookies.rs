//! Cookies that say who calls: which pages may have a browser send them, and what keeps a server from starting.

#![allow(clippy::unwrap_used)]

use rpc_core::error::Misuse;
use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::{Error, FunctionRegistry, JsonRpc, RpcServer, TcpServer};
use tests::{HttpPeer, Model, Response, WebSocket};

const WHOAMI: &str = r#"{"jsonrpc":"2.0","method":"whoami","id":1}"#;
const ADA: &str = r#"{"jsonrpc":"2.0","result":"ada","id":1}"#;
const COOKIE: &str = "Cookie: theme=dark; session=5f0c";

/// A server whose callers are known by a cookie or a token, with pages of two origins.
fn server() -> TcpServer<JsonRpc<FunctionRegistry>> {
    RpcServer::exported()
        .cookie_credentials("session")
        .authenticate(|credentials: &Credentials<'_>| {
            assert_eq!(credentials.cookie("theme"), None);
            match (credentials.cookie("session"), credentials.bearer()) {
                (Some("5f0c"), None) => Ok(Identity::new("ada")),
                (None, Some("s3cret")) => Ok(Identity::new("bob")),
                _ => Err(Unauthenticated::new("no such session")),
            }
        })
        .allow_origin("https://reads.example")
        .allow_origin_with_credentials("https://app.example")
}

fn post(peer: &mut HttpPeer, headers: &[&str]) -> Response {
    let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    peer.exchange(&format!(
        "POST / HTTP/1.1\r\nHost: localhost:5000\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {}\r\n\r\n{WHOAMI}",
        WHOAMI.len()
    ))
}

#[test]
fn a_cookie_says_who_calls_where_the_page_may_have_it_sent() {
    Model::each(|model| {
        let server = model.start(server());
        let mut peer = HttpPeer::connect(server.address());
        for (headers, status) in [
            (&[COOKIE, "Origin: http://localhost:5000"][..], 200),
            (&[COOKIE, "Origin: http://localhost:5000", "Sec-Fetch-Site: same-origin"], 200),
            (&[COOKIE, "Origin: https://app.example", "Sec-Fetch-Site: cross-site"], 200),
            (&[COOKIE, "Sec-Fetch-Site: same-origin"], 200),
            (&[COOKIE, "Sec-Fetch-Site: none"], 200),
            // A program that has stolen the cookie, or a browser too old to say where a request is from.
            (&[COOKIE], 403),
            (&[COOKIE, "Sec-Fetch-Site: cross-site"], 403),
            (&[COOKIE, "Sec-Fetch-Site: same-site"], 403),
            (&[COOKIE, "Origin: null"], 403),
            (&[COOKIE, "Origin: https://evil.example"], 403),
            (&[COOKIE, "Origin: http://localhost:5001"], 403),
            (&[COOKIE, "Origin: https://localhost:5000", "Sec-Fetch-Site: same-site"], 403),
            (&[COOKIE, "Origin: https://reads.example"], 403),
        ] {
            let response = post(&mut peer, headers);
            assert_eq!(response.status, status, "{model:?} {headers:?}: {response:?}");
            assert_eq!(response.body == ADA, status == 200, "{model:?} {headers:?}: {response:?}");
        }
        let response = post(&mut peer, &[COOKIE, "Origin: https://reads.example"]);
        assert!(response.body.contains("allow_origin_with_credentials"), "{response:?}");
        let response = post(&mut peer, &[COOKIE]);
        assert!(response.body.contains("must say which page"), "{response:?}");
    });
}

#[test]
fn a_token_goes_before_a_cookie_and_a_wrong_cookie_is_nobodys() {
    let server = Model::EventLoop.start(server());
    let mut peer = HttpPeer::connect(server.address());
    let response = post(&mut peer, &[COOKIE, "Authorization: Bearer s3cret"]);
    assert!(response.status == 200 && response.body.contains("bob"), "{response:?}");
    let own = "Origin: http://localhost:5000";
    for cookie in ["Cookie: session=wrong", "Cookie: session=5f0c; session=5f0c"] {
        let response = post(&mut peer, &[cookie, own]);
        assert_eq!(response.status, 401, "{cookie}: {response:?}");
    }
    // Another cookie says nothing, and needs no page.
    let response = post(&mut peer, &["Cookie: theme=dark"]);
    assert!(response.status == 200 && response.body.contains("null"), "{response:?}");
}

#[test]
fn without_the_setting_a_cookie_is_no_credential() {
    let server = RpcServer::exported().authenticate(|credentials: &Credentials<'_>| {
        assert_eq!(credentials.cookie("session"), None);
        Err(Unauthenticated::new("nobody is known"))
    });
    let server = Model::EventLoop.start(server);
    let mut peer = HttpPeer::connect(server.address());
    let response = post(&mut peer, &[COOKIE]);
    assert!(response.status == 200 && response.body.contains("null"), "{response:?}");
}

#[test]
fn a_websocket_is_opened_with_a_cookie_by_pages_that_may() {
    Model::each(|model| {
        let server = model.start(server());
        let address = server.address().socket_addr().unwrap();
        for (headers, opens) in [
            ("Origin: https://app.example", true),
            ("Origin: http://localhost", true),
            ("Sec-Fetch-Site: same-origin", true),
            ("Origin: https://reads.example", false),
            ("Origin: https://evil.example", false),
            ("Sec-Fetch-Site: cross-site", false),
        ] {
            match WebSocket::open(address, &format!("{COOKIE}\r\n{headers}\r\n")) {
                Ok(mut socket) => {
                    assert!(opens, "{model:?} {headers}");
                    assert_eq!(socket.ask(WHOAMI), ADA, "{model:?} {headers}");
                }
                Err(head) => {
                    assert!(
                        !opens && head.starts_with("HTTP/1.1 403 "),
                        "{model:?} {headers}: {head}"
                    );
                }
            }
        }
    });
}

#[test]
fn only_pages_that_may_send_cookies_are_told_so_beforehand() {
    let server = Model::EventLoop.start(server().allow_headers(["traceparent", "Authorization"]));
    let mut peer = HttpPeer::connect(server.address());
    for (origin, credentials) in
        [("https://app.example", Some("true")), ("https://reads.example", None)]
    {
        let request = format!(
            "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: content-type, authorization\r\n\r\n"
        );
        let response = peer.exchange(&request);
        assert_eq!(response.status, 204);
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
        assert_eq!(response.header("access-control-allow-credentials"), credentials);
        let allowed = response.header("access-control-allow-headers").unwrap();
        assert_eq!(allowed, "content-type, authorization, traceparent");
    }
}

#[test]
fn every_page_may_call_where_nobody_is_known_by_cookies() {
    let server = Model::EventLoop.start(RpcServer::exported().allow_origin("*"));
    let mut peer = HttpPeer::connect(server.address());
    let response = post(&mut peer, &["Origin: https://any.example"]);
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin"), Some("https://any.example"));
    assert_eq!(response.header("access-control-allow-credentials"), None);
}

#[test]
fn a_server_that_would_let_every_page_act_for_its_reader_does_not_start() {
    let known = || {
        RpcServer::exported()
            .authenticate(|_: &Credentials<'_>| Err(Unauthenticated::new("nobody")))
    };
    for (server, said) in [
        (RpcServer::exported().allow_origin_with_credentials("*"), "name each origin"),
        (known().cookie_credentials("session").allow_origin("*"), "name each origin"),
        (
            RpcServer::exported()
                .allow_origin("*")
                .allow_origin_with_credentials("https://a.example"),
            "name each origin",
        ),
        (RpcServer::exported().allow_origin("null"), "frames and files"),
        (RpcServer::exported().allow_origin("app.example"), "begins with its scheme"),
        (RpcServer::exported().allow_origin("https://*.example"), "stands for nothing"),
        (known().cookie_credentials("a session"), "no cookie has this name"),
        (RpcServer::exported().cookie_credentials("session"), "callers who are known"),
    ] {
        let error = server.start("127.0.0.1:0").map(drop).unwrap_err();
        assert!(matches!(error, Error::Misuse(_)), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let error = RpcServer::exported().allow_origin("null").start("127.0.0.1:0").map(drop);
    assert!(matches!(error, Err(Error::Misuse(Misuse::WebPages { .. }))), "{error:?}");
}
