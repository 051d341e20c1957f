//! A response that nobody asked for is never taken for that of the next call.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc::{Receiver, Sender, channel};

use rpc_core::client::Dialect;
use rpc_core::{Error, RpcClient, Stub, args, kwargs};
use serde_json::Value;
use tests::{Fake, HttpPeer, run};

/// Those that do not say in every reply which call it answers, or never do.
const DIALECTS: [Dialect; 2] = [Dialect::JsonRpc, Dialect::XmlRpc];
const CLIENTS: [bool; 2] = [true, false];

fn response(dialect: Dialect, result: i64) -> String {
    let body = match dialect {
        Dialect::XmlRpc => format!(
            "<methodResponse><params><param><value><int>{result}</int></value></param></params></methodResponse>"
        ),
        _ => format!(r#"{{"jsonrpc":"2.0","result":{result},"id":null}}"#),
    };
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Makes calls one after another, and does something before each.
fn calls(
    server: &Fake,
    dialect: Dialect,
    is_blocking: bool,
    count: usize,
    mut before: impl FnMut(usize),
) -> Vec<Result<i64, Error>> {
    let (url, builder) = (format!("http://{}", server.address()), RpcClient::builder());
    let builder = builder.dialect(dialect);
    if is_blocking {
        let client = builder.connect(url).unwrap();
        let call = |number| {
            before(number);
            client.call("number", args![], kwargs! {})
        };
        return (0..count).map(call).collect();
    }
    run(async {
        let client = builder.connect_async(url).await.unwrap();
        let mut results = Vec::new();
        for number in 0..count {
            before(number);
            results.push(client.call("number", args![], kwargs! {}).await);
        }
        results
    })
}

fn each(test: impl Fn(Dialect, bool)) {
    for dialect in DIALECTS {
        for is_blocking in CLIENTS {
            test(dialect, is_blocking);
        }
    }
}

#[test]
fn a_connection_is_given_up_on_which_more_has_come_than_was_asked() {
    each(|dialect, is_blocking| {
        let mut number = 0;
        let server = Fake::start_http(move |mut peer| {
            while peer.receive_request().is_some() {
                number += 1;
                let both = response(dialect, number) + &response(dialect, -number);
                peer.write(both.as_bytes());
            }
        });
        let results = calls(&server, dialect, is_blocking, 3, |_| {});
        let results: Result<Vec<_>, _> = results.into_iter().collect();
        assert_eq!(results.unwrap(), [1, 2, 3], "{dialect:?}, {is_blocking}");
    });
}

#[test]
fn so_is_one_on_which_something_comes_between_two_calls() {
    each(|dialect, is_blocking| {
        let (answered, waits): (Sender<()>, Receiver<()>) = channel();
        let (written, goes_on) = channel();
        let mut number = 0;
        let server = Fake::start_http(move |mut peer| {
            while peer.receive_request().is_some() {
                number += 1;
                peer.write(response(dialect, number).as_bytes());
                if waits.recv().is_ok() {
                    if peer.try_write(response(dialect, -number).as_bytes()).is_ok() {
                        peer.until_arrived();
                    }
                    written.send(()).unwrap();
                }
            }
        });
        let results = calls(&server, dialect, is_blocking, 3, |number| {
            if number > 0 {
                answered.send(()).unwrap();
                goes_on.recv().unwrap();
            }
        });
        drop(answered);
        let results: Result<Vec<_>, _> = results.into_iter().collect();
        assert_eq!(results.unwrap(), [1, 2, 3], "{dialect:?}, {is_blocking}");
    });
}

/// Answers the first call with its id, and the second as if the first were answered once more.
fn answer(peer: &mut HttpPeer, dialect: Dialect, number: i64, request: &str) {
    let both = match (number, dialect) {
        (1, Dialect::JsonRpc) => {
            let call: Value = serde_json::from_str(request).unwrap();
            response(dialect, 1).replace(r#""id":null"#, &format!(r#""id":   {}"#, call["id"]))
        }
        (2, Dialect::XmlRpc) => response(dialect, -1) + &response(dialect, 2),
        (2, _) => response(dialect, -1),
        _ => response(dialect, number),
    };
    peer.write(both.as_bytes());
}

#[test]
fn one_that_names_no_call_is_not_taken_where_it_may_be_late() {
    each(|dialect, is_blocking| {
        let mut number = 0;
        let server = Fake::start_http(move |mut peer| {
            while let Some(request) = peer.receive_request() {
                number += 1;
                answer(&mut peer, dialect, number, &request);
            }
        });
        let results = calls(&server, dialect, is_blocking, 3, |_| {});
        let error = results[1].as_ref().unwrap_err();
        assert!(error.may_have_run(), "{error}");
        assert!(matches!(error, Error::Protocol(_)), "{dialect:?}, {is_blocking}: {error}");
        let others = [&results[0], &results[2]].map(|result| *result.as_ref().unwrap());
        assert_eq!(others, [1, 3], "{dialect:?}, {is_blocking}");
    });
}
