//! Calls over HTTP: what is answered to what, in every model.

#![allow(clippy::unwrap_used)]

use rpc_core::protocol::{Framing, Protocol};
use rpc_core::{RpcClient, RpcServer, Stub, args};
use tests::{HttpPeer, Model, Peer};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

#[test]
fn a_connection_carries_one_call_after_another() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for _ in 0..3 {
            let response = peer.ask(ADD);
            assert_eq!((response.status, response.body.as_str()), (200, SUM), "{model:?}");
            assert_eq!(response.header("content-type"), Some("application/json"));
        }
    });
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        let calls = (0..50).map(|n| {
            let (function, ms) = if n % 10 == 0 { ("hold_ms", 20) } else { ("after_ms", 0) };
            let call = format!(r#"{{"method_name":"{function}","method_args":[{ms},{n}]}}"#);
            HttpPeer::post("", &call)
        });
        peer.write(calls.collect::<String>().as_bytes());
        for n in 0..50 {
            assert_eq!(peer.receive().unwrap().body, format!(r#"{{"res":{n}}}"#), "{model:?}");
        }
    });
}

#[test]
fn failures_of_calls_are_answered_with_200_and_the_callers_id() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for (call, code) in [
            (r#"{"method_name":"missing","id":"x"}"#, -32601),
            (r#"{"method_name":"add","method_args":["1"],"id":"x"}"#, -32602),
            (r#"{"method_name":"fail","method_args":["secret"],"id":"x"}"#, -32603),
            (r#"{"id":"x"}"#, -32600),
        ] {
            let response = peer.ask(call);
            assert_eq!(response.status, 200, "{call}");
            let error = format!(r#""error":{{"code":{code},"#);
            assert!(response.body.contains(&error), "{}", response.body);
            assert!(response.body.ends_with(r#","id":"x"}"#), "{}", response.body);
            assert!(!response.body.contains("secret"), "{}", response.body);
        }
        assert_eq!(peer.ask(ADD).body, SUM);
    });
}

#[test]
fn a_notification_is_answered_with_nothing() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        let response = peer.ask(r#"{"method_name":"nothing","notify":true}"#);
        assert_eq!(response.status, 200);
        assert_eq!(response.header("content-length"), Some("0"), "{response:?}");
        assert_eq!(peer.ask(ADD).body, SUM);
    });
}

#[test]
fn json_rpc_is_answered_in_its_own_words() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        let call = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":"x"}"#;
        let sum = r#"{"jsonrpc":"2.0","result":13,"id":"x"}"#;
        assert_eq!(peer.ask(call).body, sum);
        let notification = r#"{"jsonrpc":"2.0","method":"add","params":[1,2]}"#;
        assert_eq!(peer.ask(notification).body, "");
        let batch = format!("[{call},{notification},{call}]");
        assert_eq!(peer.ask(&batch).body, format!("[{sum},{sum}]"));
        // Nothing is remembered of how another request spoke.
        for before in [ADD, call] {
            peer.ask(before);
            let body = peer.ask("{").body;
            assert!(body.starts_with(r#"{"jsonrpc":"2.0","error":{"code":-32700"#), "{body}");
            assert!(body.ends_with(r#""id":null}"#), "{body}");
        }
    });
}

#[test]
fn a_disabled_protocol_says_so() {
    for model in Model::ALL {
        let server = model.start(RpcServer::exported().disable(Protocol::Http));
        for request in [HttpPeer::post("", ADD), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".into()]
        {
            let mut peer = HttpPeer::connect(server.address());
            let response = peer.exchange(&request);
            assert_eq!(response.status, 403, "{response:?}");
            assert_eq!(response.header("connection"), Some("close"));
            assert!(response.body.contains("`.disable(Protocol::Http)`"), "{response:?}");
            assert!(peer.is_ended());
        }
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        peer.write(HTTP_2);
        assert!(peer.receive().unwrap().starts_with("HTTP/1.1 403 Forbidden"));
        let error = RpcClient::connect(format!("http://{}", server.address()))
            .and_then(|client| client.call::<i64>("add", args![1, 2], ()))
            .unwrap_err();
        assert!(error.to_string().contains("`.disable(Protocol::Http)`"), "{error}");
        let client = RpcClient::connect(server.address()).unwrap();
        assert_eq!(client.call::<i64>("add", args![1, 2], ()).unwrap(), 13);
    }
}

/// What an HTTP/2 client says first (RFC 9113, section 3.4).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[test]
fn text_that_is_no_call_is_answered_and_harms_no_later_request() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for (text, code) in [("{", -32700), ("", -32700), ("[1,2", -32700), ("7", -32600)] {
            let response = peer.ask(text);
            assert_eq!(response.status, 200, "{text:?}");
            assert!(response.body.contains(&format!(r#""code":{code}"#)), "{response:?}");
        }
        // Two messages in one body are no message.
        let response = peer.ask(&format!("{ADD}{ADD}"));
        assert!(response.body.contains("-32700"), "{response:?}");
        assert_eq!(peer.ask(ADD).body, SUM);
    });
}

#[test]
fn content_types_tell_what_a_body_is() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = HttpPeer::connect(server.address());
    for (headers, status) in [
        ("", 200),
        ("Content-Type: application/json\r\n", 200),
        ("Content-Type: Application/JSON; charset=utf-8\r\n", 200),
        ("Content-Type: application/json;charset=\"UTF-8\"; odata=verbose\r\n", 200),
        ("Content-Type: application/json-rpc\r\n", 200),
        ("Content-Type: application/jsonrequest\r\n", 200),
        ("Content-Encoding: identity\r\n", 200),
        ("Content-Type: application/json; charset=iso-8859-1\r\n", 415),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/x-www-form-urlencoded\r\n", 415),
        ("Content-Type: multipart/form-data; boundary=application/json\r\n", 415),
        ("Content-Type: application/json\r\nContent-Type: text/plain\r\n", 415),
        ("Content-Type: \r\n", 415),
        ("Content-Encoding: br\r\n", 415),
        ("Origin: http://localhost\r\n", 415),
        ("Origin: http://localhost\r\nContent-Type: application/json\r\n", 200),
    ] {
        let response = peer.exchange(&HttpPeer::post(headers, ADD));
        assert_eq!(response.status, status, "{headers:?}: {response:?}");
        let says = if status == 200 { SUM } else { "" };
        assert!(response.body.contains(says), "{headers:?}: {response:?}");
    }
    let response = peer.exchange(&HttpPeer::post("Content-Type: text/html\r\n", ADD));
    let expected = "\"text/html\" is not taken here; application/json, application/json-rpc, \
        application/jsonrequest, text/xml and application/xml are\n";
    assert_eq!(response.body, expected);
}

#[test]
fn methods_that_carry_no_call_are_told_which_do() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = HttpPeer::connect(server.address());
    for method in ["GET", "PUT", "DELETE", "PATCH", "TRACE"] {
        let response = peer.exchange(&format!("{method} /any HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.header("allow"), Some("POST, OPTIONS"));
        assert!(response.body.contains("with POST and a JSON body"), "{response:?}");
    }
    peer.write(b"HEAD /any HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(peer.receive_without_body().unwrap().status, 405);
    let response = peer.exchange("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!((response.status, response.header("allow")), (204, Some("POST, OPTIONS")));
    assert!(!response.headers.iter().any(|header| header.starts_with("access-control")));
    assert_eq!(peer.ask(ADD).body, SUM);
}

#[test]
fn any_path_takes_calls_and_two_tell_how_the_server_is() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for path in ["/", "/rpc", "/RPC2?a=b", "/healthz"] {
            let request = HttpPeer::post("", ADD).replacen('/', path, 1);
            assert_eq!(peer.exchange(&request).body, SUM, "{path}");
        }
        for (path, body) in [("/healthz", "alive\n"), ("/readyz", "ready\n")] {
            let get = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let response = peer.exchange(&get);
            assert_eq!((response.status, response.body.as_str()), (200, body));
            peer.write(get.replace("GET", "HEAD").as_bytes());
            assert_eq!(peer.receive_without_body().unwrap().status, 200);
        }
    });
}

#[test]
fn http_1_0_closes_after_the_reply() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        let length = ADD.len();
        let request = format!("POST / HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{ADD}");
        assert_eq!(peer.exchange(&request).body, SUM);
        assert!(peer.is_ended());
    });
}

#[test]
fn a_request_may_come_in_any_pieces() {
    let text = r#"{"method_name":"echo","method_args":["süß €"],"id":1}"#;
    let reply = r#"{"res":"süß €","id":1}"#;
    let whole = HttpPeer::post("", text);
    let mut chunked = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        .to_owned()
        .into_bytes();
    for byte in text.bytes() {
        chunked.extend_from_slice(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = HttpPeer::connect(server.address());
        for step in [1, 2, 3, 7, 50] {
            for request in [whole.as_bytes(), &chunked] {
                for piece in request.chunks(step) {
                    peer.write(piece);
                }
                assert_eq!(peer.receive().unwrap().body, reply, "in steps of {step}");
            }
        }
    });
}

#[test]
fn a_request_that_is_cut_off_harms_nobody() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let whole = HttpPeer::post("Content-Type: application/json\r\n", ADD);
        // Fewer than four bytes do not tell that this is HTTP.
        for length in 4..whole.len() {
            let mut peer = HttpPeer::connect(server.address());
            peer.write(&whole.as_bytes()[..length]);
            peer.finish();
            // What is answered, if anything, is no result.
            while let Some(response) = peer.receive() {
                assert_ne!(response.status, 200, "{length}: {response:?}");
            }
        }
        let mut peer = HttpPeer::connect(server.address());
        assert_eq!(peer.ask(ADD).body, SUM);
    });
}

#[test]
fn a_caller_that_sends_nothing_more_is_answered() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for function in ["after_ms", "hold_ms"] {
            let mut peer = HttpPeer::connect(server.address());
            let call = format!(r#"{{"method_name":"{function}","method_args":[50,5]}}"#);
            peer.write(HttpPeer::post("", &call).as_bytes());
            peer.finish();
            let response = peer.receive().unwrap_or_else(|| panic!("{function} in {model:?}"));
            assert_eq!(response.body, r#"{"res":5}"#, "{function} in {model:?}");
            assert!(peer.is_ended());
        }
    });
}

#[test]
fn what_is_no_http_after_all_is_refused() {
    let server = Model::EventLoop.start(RpcServer::exported());
    for bytes in ["POST\r\n\r\n", "GET no version\r\n\r\n", "OPTIONAL\r\n"] {
        let mut peer = HttpPeer::connect(server.address());
        peer.write(bytes.as_bytes());
        peer.finish();
        assert!(peer.receive().is_none_or(|response| response.status == 400), "{bytes:?}");
    }
}
