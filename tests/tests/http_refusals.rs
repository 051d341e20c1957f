//! What a client says of HTTP responses that are no replies: pages, refusals, redirects.

#![allow(clippy::unwrap_used)]

use rpc_core::protocol::ProtocolError;
use rpc_core::{Error, RpcClient, Stub, args, kwargs};
use serde_json::Value;
use tests::{Fake, run};

const CLIENTS: [bool; 2] = [true, false];

/// Makes a call to a server that answers with this.
fn ask(is_blocking: bool, response: String) -> Error {
    let server = Fake::start_http(move |mut peer| {
        while peer.receive_request().is_some() {
            peer.write(response.as_bytes());
        }
    });
    let url = format!("http://{}", server.address());
    let outcome = if is_blocking {
        RpcClient::connect(url).unwrap().call::<i64>("same", args![1], kwargs! {})
    } else {
        run(async {
            let client = RpcClient::builder().connect_async(url).await?;
            client.call("same", args![1], kwargs! {}).await
        })
    };
    outcome.unwrap_err()
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn status_type_and_beginning_of_the_body_are_said() {
    for (status, headers, body, said) in [
        (
            "200 OK",
            "Content-Type: text/html; charset=utf-8\r\n",
            "<!DOCTYPE html><title>Hello</title>",
            "HTTP status 200 (Content-Type: text/html; charset=utf-8): <!DOCTYPE html><title>Hello</title>",
        ),
        ("200 OK", "", "Welcome", "HTTP status 200: Welcome"),
        (
            "200 OK",
            "Content-Type: application/json\r\n",
            r#"{"message":"rate limited"}"#,
            r#"it has no `result`; the server answered with HTTP status 200: {"message":"rate limited"}"#,
        ),
        (
            "401 Unauthorized",
            "WWW-Authenticate: Bearer\r\nContent-Type: text/plain\r\n",
            "Unauthorized",
            "HTTP status 401 (WWW-Authenticate: Bearer; Content-Type: text/plain): Unauthorized",
        ),
        (
            "429 Too Many Requests",
            "Content-Type: application/json\r\nRetry-After: 7\r\n",
            r#"{"message":"rate limited"}"#,
            r#"HTTP status 429 (Retry-After: 7; Content-Type: application/json): {"message":"rate limited"}"#,
        ),
        (
            "302 Found",
            "Location: https://example.com/rpc\r\n",
            "",
            "HTTP status 302 (Location: https://example.com/rpc) and nothing else",
        ),
    ] {
        for is_blocking in CLIENTS {
            let error = ask(is_blocking, response(status, headers, body)).to_string();
            assert!(error.contains(said), "{status}: {error}");
        }
    }
}

#[test]
fn a_call_whose_request_was_not_taken_has_not_run() {
    for (status, may_have_run) in [
        (200, true),
        (301, false),
        (302, true),
        (303, true),
        (307, false),
        (308, false),
        (400, true),
        (401, false),
        (403, false),
        (404, false),
        (405, false),
        (409, true),
        (413, false),
        (415, false),
        (429, false),
        (500, true),
        (502, true),
        (503, true),
    ] {
        let error = ask(true, response(&format!("{status} Whatever"), "", "no reply"));
        assert_eq!(error.may_have_run(), may_have_run, "{error}");
        let Error::Protocol(error) = error else { panic!("{error:?}") };
        let ProtocolError::Http { status: said, .. } = error.cause() else { panic!("{error:?}") };
        assert_eq!(*said, status);
    }
}

#[test]
fn what_is_no_reply_names_the_call_and_the_server() {
    let cases = [
        response("404 Not Found", "Content-Type: text/plain\r\n", "no such page"),
        response("200 OK", "Content-Type: application/json\r\n", r#"{"rate":"limited"}"#),
        response("200 OK", "Content-Type: application/json\r\n", r#"{"jsonrpc":"#),
    ];
    for answer in cases {
        let server = Fake::start_http(move |mut peer| {
            while peer.receive_path_and_body().is_some() {
                peer.write(answer.as_bytes());
            }
        });
        let named = format!("calling `weigh` at {}", server.address());
        let url = format!("http://{}", server.address());
        let check = |error: Error| {
            let Error::Protocol(_) = &error else { panic!("{error:?}") };
            assert!(error.to_string().starts_with(&named), "{error}");
        };
        let client = RpcClient::connect(&url).unwrap();
        check(client.call::<i64>("weigh", [1], ()).unwrap_err());
        let batch = client.batch_outcomes(|calls| vec![calls.call::<i64>("weigh", [1], ())]);
        for outcome in batch {
            check(outcome.unwrap_err());
        }
        // The server has one connection at a time.
        drop(client);
        run(async {
            let client = RpcClient::builder().connect_async(&url).await.unwrap();
            check(client.call::<i64>("weigh", [1], ()).await.unwrap_err());
        });
    }
}

/// A server that redirects everything to `/there`, and answers there.
fn redirecting(status: u16) -> Fake {
    Fake::start_http(move |mut peer| {
        while let Some((path, body)) = peer.receive_path_and_body() {
            let call: Value = serde_json::from_str(&body).unwrap();
            if path == "/there" {
                let id = &call["id"];
                peer.respond(200, &format!(r#"{{"jsonrpc":"2.0","result":7,"id":{id}}}"#));
            } else {
                let status = format!("{status} Elsewhere");
                peer.write(response(&status, "Location: /there\r\n", "").as_bytes());
            }
        }
    })
}

#[test]
fn redirects_that_keep_the_request_are_followed_where_that_is_asked_for() {
    for (status, asked, followed) in
        [(307, true, true), (308, true, true), (302, true, false), (308, false, false)]
    {
        for is_blocking in CLIENTS {
            let server = redirecting(status);
            let url = format!("http://{}/here", server.address());
            let builder = RpcClient::builder();
            let builder = if asked { builder.follow_redirects() } else { builder };
            let twice = if is_blocking {
                let client = builder.connect(url).unwrap();
                [(); 2].map(|()| client.call::<i64>("same", args![1], kwargs! {}))
            } else {
                run(async {
                    let client = builder.connect_async(url).await.unwrap();
                    let call = || client.call::<i64>("same", args![1], kwargs! {});
                    [call().await, call().await]
                })
            };
            for outcome in twice {
                match outcome {
                    Ok(7) => assert!(followed, "{status}"),
                    Err(error) => {
                        assert!(!followed, "{status}: {error}");
                        assert!(error.to_string().contains("Location: /there"), "{error}");
                    }
                    Ok(other) => panic!("{other}"),
                }
            }
        }
    }
}
