//! Which call a reply is taken for, by its id, is one rule over every transport.

#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use rpc_core::client::Dialect;
use rpc_core::protocol::{Framing, ProtocolError};
use rpc_core::{Error, RpcClient, Stub, args, kwargs};
use serde_json::Value;
use tests::{Fake, WebSocket, frame, run};

const WAYS: [&str; 4] = ["prefix", "raw", "ws", "http"];
const CLIENTS: [bool; 2] = [true, false];

/// The reply that `template` is to a call: `ID` stands for its id.
fn reply(template: &str, call: &str) -> String {
    let call: Value = serde_json::from_str(call).unwrap();
    template.replace("ID", &call["id"].to_string())
}

/// Makes a call to a server that answers with `template`, by one client or the other.
fn ask(way: &str, is_blocking: bool, template: &'static str) -> Result<i64, Error> {
    let builder = RpcClient::builder()
        .dialect(Dialect::JsonRpc)
        .call_timeout(Duration::from_millis(if template.contains("ID") { 20_000 } else { 400 }));
    let framing = if way == "raw" { Framing::Raw } else { Framing::LengthPrefix };
    let call = |url: String| {
        let builder = builder.clone().framing(framing);
        if is_blocking {
            return builder.connect(url)?.call("same", args![1], kwargs! {});
        }
        run(async { builder.connect_async(url).await?.call("same", args![1], kwargs! {}).await })
    };
    match way {
        "http" => {
            let server = Fake::start_http(move |mut peer| {
                while let Some(call) = peer.receive_request() {
                    peer.respond(200, &reply(template, &call));
                }
            });
            call(format!("http://{}", server.address()))
        }
        "ws" => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("ws://{}", listener.local_addr().unwrap());
            let server = thread::spawn(move || {
                let mut socket = WebSocket::accept(listener.accept().unwrap().0);
                let call = socket.receive_text();
                socket.send(&reply(template, &call));
                socket.receive();
            });
            let outcome = call(url);
            server.join().unwrap();
            outcome
        }
        _ => {
            let server = Fake::start(framing, move |mut peer| {
                let call = peer.receive().unwrap();
                peer.write(&frame(framing, reply(template, &call).as_bytes()));
                peer.skip(1);
            });
            call(server.address().to_string())
        }
    }
}

#[test]
fn the_number_of_the_call_counts_in_any_spelling() {
    for way in WAYS {
        for is_blocking in CLIENTS {
            for template in [
                r#"{"jsonrpc":"2.0","result":5,"id":ID}"#,
                r#"{"jsonrpc":"2.0","result":5,"id":"ID"}"#,
                r#"{"jsonrpc":"2.0","result":5,"id":ID.0}"#,
                r#"{"jsonrpc":"2.0","id":IDe0,"result":5}"#,
            ] {
                let outcome = ask(way, is_blocking, template);
                assert_eq!(outcome.unwrap(), 5, "{way}, {is_blocking}, {template}");
            }
        }
    }
}

#[test]
fn a_foreign_id_is_no_calls_and_the_error_says_what_came() {
    for (template, problem) in [
        (r#"{"jsonrpc":"2.0","result":5,"id":"zzz"}"#, "\"zzz\""),
        (r#"{"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":7.5}"#, "7.5"),
        (r#"{"jsonrpc":"2.0","result":5,"id":987}"#, "987"),
    ] {
        for way in WAYS {
            for is_blocking in CLIENTS {
                let error = ask(way, is_blocking, template).unwrap_err();
                let text = error.to_string();
                assert!(text.contains(problem) && error.may_have_run(), "{way}: {text}");
                assert_eq!(error.is_timeout(), way != "http", "{way}: {text}");
            }
        }
    }
}

#[test]
fn a_result_without_an_id_counts_where_a_response_has_one_request() {
    for template in [r#"{"jsonrpc":"2.0","result":5}"#, r#"{"jsonrpc":"2.0","result":5,"id":null}"#]
    {
        for way in WAYS {
            for is_blocking in CLIENTS {
                let outcome = ask(way, is_blocking, template);
                if way == "http" {
                    assert_eq!(outcome.unwrap(), 5);
                } else {
                    let error = outcome.unwrap_err();
                    assert!(error.is_timeout(), "{way}: {error}");
                    assert!(error.to_string().contains("it has no id"), "{way}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_reply_that_says_a_thing_twice_is_refused() {
    for (template, member) in [
        (r#"{"jsonrpc":"2.0","result":5,"id":ID,"id":ID}"#, "id"),
        (r#"{"jsonrpc":"2.0","id":ID,"result":5,"result":6}"#, "result"),
        (r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":ID,"result":5}"#, "jsonrpc"),
        (r#"{"jsonrpc":"2.0","error":null,"error":{"code":1,"message":"no"},"id":ID}"#, "error"),
    ] {
        for way in WAYS {
            for is_blocking in CLIENTS {
                let error = ask(way, is_blocking, template).unwrap_err();
                let Error::Protocol(problem) = &error else { panic!("{way}: {error:?}") };
                let problem = problem.cause();
                assert!(matches!(problem, ProtocolError::NotAReply(_)), "{way}: {problem}");
                let expected = format!("it has `{member}` twice");
                assert!(problem.to_string().contains(&expected), "{way}: {problem}");
            }
        }
    }
}

#[test]
fn an_errors_message_and_data_are_kept_whatever_its_code_is() {
    for (template, code) in [
        (r#"{"jsonrpc":"2.0","error":{"code":"E1","message":"no","data":[1]},"id":ID}"#, -32603),
        (r#"{"jsonrpc":"2.0","error":{"code":12.0,"message":"no","data":[1]},"id":ID}"#, 12),
        (r#"{"jsonrpc":"2.0","error":{"code":"12","message":"no","data":[1]},"id":ID}"#, 12),
        (r#"{"jsonrpc":"2.0","error":{"code":1.5,"message":"no","data":[1]},"id":ID}"#, -32603),
    ] {
        for way in WAYS {
            let error = ask(way, true, template).unwrap_err();
            let fault = error.fault().unwrap();
            assert_eq!((fault.code(), fault.message(), fault.data()), (code, "no", Some("[1]")));
        }
    }
}
