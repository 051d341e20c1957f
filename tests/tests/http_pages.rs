//! Web pages: which hosts a server answers to, and whose pages may call it.

#![allow(clippy::unwrap_used)]

use rpc_core::RpcServer;
use tests::{HttpPeer, Model, Response};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;
/// What pages may send that may call.
const HEADERS: &str = "content-type, authorization";

/// A request with these headers, an empty line behind each.
fn request(method: &str, host: &str, headers: &[&str]) -> String {
    let body = if method == "POST" { ADD } else { "" };
    let host = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
    let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    let length = body.len();
    format!(
        "{method} /healthz HTTP/1.1\r\n{host}{headers}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn what_is_written_for_people_is_neither_kept_nor_taken_for_a_page() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for (method, host) in
            [("GET", "localhost"), ("GET", "evil.example"), ("POST", "evil.example")]
        {
            let response = peer.exchange(&request(method, host, &[]));
            assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
            assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(response.header("cache-control"), Some("no-store"));
        }
        // A reply's type is taken for nothing else, and what answers a POST is not kept.
        let reply = peer.exchange(&request("POST", "localhost", &[]));
        assert_eq!(reply.header("content-type"), Some("application/json"));
    });
}

#[test]
fn a_server_answers_to_its_own_names_alone() {
    Model::each(|model| {
        let server = RpcServer::exported().allow_host("rpc.example.org");
        let server = model.start(server);
        let mut peer = HttpPeer::connect(server.address());
        for (host, status) in [
            ("localhost", 200),
            ("LocalHost:5000", 200),
            ("127.0.0.1:5000", 200),
            ("10.1.2.3", 200),
            ("[::1]:80", 200),
            ("rpc.example.org", 200),
            ("RPC.example.org:8080", 200),
            ("example.org", 403),
            ("evil.rpc.example.org", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example", 403),
            ("127.1", 403),
            ("localhost@evil.example", 403),
            ("evil.example@localhost", 403),
            ("", 400),
            ("a b", 400),
            ("localhost\r\nHost: localhost", 400),
        ] {
            for method in ["POST", "GET"] {
                let response = peer.exchange(&request(method, host, &[]));
                assert_eq!(response.status, status, "{method} {host}: {response:?}");
                assert_eq!(response.body == SUM, status == 200 && method == "POST");
            }
        }
        let response = peer.exchange(&request("POST", "evil.example:5000", &[]));
        let expected = "this server is not known as \"evil.example\"; `TcpServer::allow_host` adds \
            a name to `localhost` and IP addresses\n";
        assert_eq!(response.body, expected);
        // A target that names a host counts as well.
        let foreign = request("POST", "localhost", &[]).replace("/healthz", "http://evil.example/");
        assert_eq!(peer.exchange(&foreign).status, 403);
    });
}

#[test]
fn pages_of_other_origins_are_refused_whatever_they_send() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for (headers, status) in [
            (&["Origin: http://localhost:5000"][..], 200),
            (&["Origin: http://LOCALHOST:5000", "Sec-Fetch-Site: same-origin"], 200),
            (&["Sec-Fetch-Site: none"], 200),
            (&["Origin: http://localhost"], 403),
            (&["Origin: http://localhost:5001"], 403),
            (&["Origin: https://evil.example"], 403),
            (&["Origin: https://evil.example", "Sec-Fetch-Site: same-origin"], 403),
            (&["Origin: null"], 403),
            (&["Origin: "], 403),
            (&["Origin: http://localhost:5000", "Origin: https://evil.example"], 403),
            (&["Sec-Fetch-Site: cross-site"], 403),
            (&["Sec-Fetch-Site: same-site"], 403),
        ] {
            for method in ["POST", "GET"] {
                let response = peer.exchange(&request(method, "localhost:5000", headers));
                assert_eq!(response.status, status, "{method} {headers:?}: {response:?}");
                assert_grants_nothing(&response);
            }
        }
    });
}

fn assert_grants_nothing(response: &Response) {
    let grants = response.headers.iter().find(|header| header.starts_with("access-control"));
    assert_eq!(grants, None);
}

#[test]
fn a_browser_that_asks_beforehand_is_granted_nothing() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = HttpPeer::connect(server.address());
    let headers = ["Origin: https://evil.example", "Access-Control-Request-Method: POST"];
    let response = peer.exchange(&request("OPTIONS", "localhost", &headers));
    assert_eq!(response.status, 204);
    assert_grants_nothing(&response);
}

#[test]
fn pages_of_an_origin_that_is_allowed_may_call() {
    Model::each(|model| {
        let server = RpcServer::exported()
            .allow_origin("https://app.example")
            .allow_origin_with_credentials("https://bank.example:8443/");
        let server = model.start(server);
        let mut peer = HttpPeer::connect(server.address());
        for (origin, credentials) in
            [("https://app.example", None), ("https://bank.example:8443", Some("true"))]
        {
            let line = format!("Origin: {origin}");
            let headers = [line.as_str(), "Sec-Fetch-Site: cross-site"];
            let response = peer.exchange(&request("POST", "localhost", &headers));
            assert_eq!((response.status, response.body.as_str()), (200, SUM));
            let granted = |response: &Response| {
                assert_eq!(response.header("access-control-allow-origin"), Some(origin));
                assert_eq!(response.header("access-control-allow-credentials"), credentials);
                assert_eq!(response.header("vary"), Some("Origin"));
            };
            granted(&response);
            let headers = [
                line.as_str(),
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: content-type",
            ];
            let response = peer.exchange(&request("OPTIONS", "localhost", &headers));
            assert_eq!(response.status, 204);
            granted(&response);
            assert_eq!(response.header("access-control-allow-methods"), Some("POST"));
            assert_eq!(response.header("access-control-allow-headers"), Some(HEADERS));
            assert_eq!(response.header("access-control-max-age"), Some("600"));
        }
        for origin in ["http://app.example", "https://app.example:444", "https://bank.example"] {
            let headers = [&*format!("Origin: {origin}")];
            let response = peer.exchange(&request("POST", "localhost", &headers));
            assert_eq!(response.status, 403);
            assert_grants_nothing(&response);
        }
    });
}

#[test]
fn what_pages_send_without_asking_never_runs_a_call() {
    let server = Model::EventLoop.start(RpcServer::exported());
    // A form can put any text into the body, but not before the request's head.
    let fill = "x".repeat(100);
    for body in [ADD, "\r\n\r\n{\"method_name\":\"add\",\"method_args\":[1,2]}\r\n", &fill] {
        for headers in [
            "Content-Type: text/plain\r\n",
            "Content-Type: text/plain\r\nOrigin: null\r\n",
            "Origin: https://evil.example\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            "Origin: https://evil.example\r\nContent-Type: multipart/form-data; boundary=x\r\n",
            "Origin: https://evil.example\r\n",
            "Sec-Fetch-Site: cross-site\r\n",
        ] {
            let mut peer = HttpPeer::connect(server.address());
            let mut responses = vec![peer.exchange(&HttpPeer::post(headers, body))];
            peer.finish();
            responses.extend(std::iter::from_fn(|| peer.receive()));
            for response in &responses {
                assert!([403, 415].contains(&response.status), "{headers}: {response:?}");
            }
            assert_eq!(responses.len(), 1, "{responses:?}");
        }
    }
}
