//! What bounds each caller holds in all six models, over every transport and in every dialect.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::net::SocketAddr;
use std::process::Command;
use std::thread;

use rpc_core::protocol::Framing;
use rpc_core::transport::Address;
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Folder, HttpPeer, Peer, Response, Served, WebSocket, until};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// Runs a test with a server in each model, all at the same time. One worker, so that all is counted together.
fn each(options: &str, test: impl Fn(&str, SocketAddr) + Sync) {
    thread::scope(|scope| {
        for model in MODELS {
            let test = &test;
            scope.spawn(move || {
                let options = format!("--model {model} --workers 1 --silent x {options}");
                let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                let Address::Tcp(address) = server.address() else { panic!("no TCP") };
                test(model, address);
            });
        }
    });
}

fn call(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).to_string()
}

fn whoami() -> String {
    call("whoami", json!([]))
}

fn read(reply: &str) -> Value {
    serde_json::from_str(reply).unwrap()
}

fn is_refused(reply: &Value) -> bool {
    reply["error"]["code"] == -32000
}

fn post(peer: &mut HttpPeer, headers: &str, body: &str) -> Response {
    peer.exchange(&HttpPeer::post(&format!("Content-Type: application/json\r\n{headers}"), body))
}

/// Asks over one connection.
type Ask = Box<dyn FnMut(&str) -> String>;

/// The ways to ask.
const WAYS: [&str; 5] = ["length", "raw", "header", "http", "websocket"];

fn connect(way: &str, address: SocketAddr) -> Ask {
    let framed = |framing| -> Ask {
        let mut peer = Peer::connect(address, framing);
        Box::new(move |message| peer.ask(message))
    };
    match way {
        "length" => framed(Framing::LengthPrefix),
        "raw" => framed(Framing::Raw),
        "header" => framed(Framing::Header),
        "http" => {
            let mut peer = HttpPeer::connect(address);
            Box::new(move |message| post(&mut peer, "", message).body)
        }
        _ => {
            let mut socket = WebSocket::connect(address);
            Box::new(move |message| socket.ask(message))
        }
    }
}

#[test]
fn a_burst_then_a_refusal_then_calls_as_they_become_free() {
    // Two calls a second, so that nothing has to be fast.
    each("--burst-per-address 3 --limit-per-minute 120", |model, address| {
        let mut is_first = true;
        // None is closed before the end: a thread that serves connections in turns would have one over HTTP make room for
        // looking after that.
        let mut open = Vec::new();
        for way in WAYS {
            let mut ask = connect(way, address);
            let of = format!("{model}, {way}");
            let (mut ran, mut reply) = (0, Value::Null);
            until("a call is refused", || {
                reply = read(&ask(&whoami()));
                ran += usize::from(!is_refused(&reply));
                is_refused(&reply)
            });
            assert!(ran >= 3 || !is_first, "{of}: {ran}");
            let error = &reply["error"];
            let message = error["message"].as_str().unwrap();
            for part in ["`whoami`", "`limit_calls_per_address`", "120 a minute, 3 at once", " ms"]
            {
                assert!(message.contains(part), "{of}: {message}");
            }
            let wait = error["data"]["retry_after_ms"].as_u64().unwrap();
            assert!((1..=500).contains(&wait), "{of}: {reply}");
            assert_eq!(reply["id"], 1, "{of}");
            until("a call runs again", || !is_refused(&read(&ask(&whoami()))));
            is_first = model == "fork";
            open.push(ask);
        }
    });
}

#[test]
fn by_http_the_status_says_so_and_when_to_come_again() {
    let xml = "<methodCall><methodName>whoami</methodName></methodCall>";
    each("--burst-per-address 1", |model, address| {
        let mut peer = HttpPeer::connect(address);
        assert_eq!(post(&mut peer, "", &whoami()).status, 200, "{model}");
        let native = r#"{"method_name":"whoami"}"#;
        for (content_type, body) in [
            ("application/json", whoami().as_str()),
            ("application/json", native),
            ("text/xml", xml),
        ] {
            let post = HttpPeer::post(&format!("Content-Type: {content_type}\r\n"), body);
            let refused = peer.exchange(&post);
            assert_eq!(refused.status, 429, "{model}: {refused:?}");
            let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{model}: {refused:?}");
            assert!(refused.body.contains("-32000"), "{model}: {refused:?}");
        }
        // Of a batch each call is refused by itself.
        let batch = post(&mut peer, "", &format!("[{},{}]", whoami(), whoami()));
        assert_eq!((batch.status, batch.body.matches("-32000").count()), (200, 2), "{model}");
    });
}

#[test]
fn each_call_of_a_batch_and_of_a_multicall_counts() {
    each("--burst-per-address 5", |model, address| {
        let mut peer = Peer::connect(address, Framing::Raw);
        let reply = peer.ask(&format!("[{}]", [whoami(), whoami(), whoami()].join(",")));
        assert!(!reply.contains("-32000"), "{model}: {reply}");
        let calls: Vec<_> = (0..4).map(|_| json!({"methodName": "whoami", "params": []})).collect();
        let reply = read(&peer.ask(&call("system.multicall", json!([calls]))));
        let results = reply["result"].as_array().unwrap();
        let refused: Vec<_> = results.iter().map(|result| result["faultCode"] == -32000).collect();
        assert_eq!(refused, [false, false, true, true], "{model}: {reply}");
    });
}

#[test]
fn calls_in_flight_are_counted_to_their_end() {
    each("--in-flight-per-address 2", |model, address| {
        let mut peer = Peer::connect(address, Framing::Raw);
        // They run side by side in every model; the last is refused, since the first two have not ended.
        let batch = format!("[{}]", vec![call("whoami_later", json!([])); 3].join(","));
        for _ in 0..3 {
            let replies = read(&peer.ask(&batch));
            let refused: Vec<_> = replies.as_array().unwrap().iter().map(is_refused).collect();
            assert_eq!(refused, [false, false, true], "{model}: {replies}");
            let message = replies[2]["error"]["message"].as_str().unwrap();
            for part in ["`whoami_later`", "2 calls", "`limit_calls_in_flight_per_address`"] {
                assert!(message.contains(part), "{model}: {message}");
            }
            assert_eq!(replies[2]["error"]["data"]["retry_after_ms"], 1000, "{model}");
        }
        // Calls that panic end, too.
        let panics = call("panic_later", json!(["as asked"]));
        for _ in 0..3 {
            assert_eq!(read(&peer.ask(&panics))["error"]["code"], -32603, "{model}");
        }
        assert!(!is_refused(&read(&peer.ask(&whoami()))), "{model}");
    });
}

#[test]
fn identities_are_told_apart_and_nobody_is_none() {
    for how in ["now", "later"] {
        let options = format!("--burst-per-identity 2 --identities {how}");
        each(&options, |model, address| {
            let mut http = HttpPeer::connect(address);
            let mut ask = |token: &str| {
                let header = format!("Authorization: Bearer {token}\r\n");
                post(&mut http, &header, &whoami()).status
            };
            assert_eq!([ask("s3cret"), ask("s3cret"), ask("s3cret")], [200, 200, 429], "{model}");
            assert_eq!([ask("bob"), ask("bob"), ask("bob")], [200, 200, 429], "{model}");
            drop(http);
            // Where each connection has a process, it counts alone.
            let mut peer = Peer::connect_from("127.0.0.2", address, Framing::Raw);
            for _ in 0..5 {
                assert_eq!(read(&peer.ask(&whoami()))["result"], Value::Null, "{model}");
            }
            let greeting = call("rpc.authenticate", json!(["Bearer s3cret"]));
            assert_eq!(read(&peer.ask(&greeting))["result"], "ada", "{model}");
            let of_process = if model == "fork" { 2 } else { 0 };
            let ran = (0..5).filter(|_| !is_refused(&read(&peer.ask(&whoami()))));
            assert_eq!(ran.count(), of_process, "{model}");
            let told = peer.ask(&whoami());
            assert!(
                told.contains("the caller's identity")
                    && told.contains("`limit_calls_per_identity`")
            );
        });
    }
}

#[test]
fn addresses_are_told_apart() {
    each("--burst-per-address 2", |model, address| {
        for local in ["127.0.0.1", "127.0.0.2"] {
            let mut peer = Peer::connect_from(local, address, Framing::Raw);
            let refused = [(); 3].map(|()| is_refused(&read(&peer.ask(&whoami()))));
            assert_eq!(refused, [false, false, true], "{model}, {local}");
        }
    });
}

#[test]
fn behind_a_proxy_it_is_whom_the_proxy_names() {
    each("--burst-per-address 2 --trusted-proxies 127.0.0.1", |model, address| {
        let mut peer = HttpPeer::connect(address);
        let mut status =
            |who: &str| post(&mut peer, &format!("X-Forwarded-For: {who}\r\n"), &whoami()).status;
        assert_eq!([(); 3].map(|()| status("192.0.2.7")), [200, 200, 429], "{model}");
        assert_eq!([(); 3].map(|()| status("192.0.2.8")), [200, 200, 429], "{model}");
        // A network of IPv6 is one caller.
        assert_eq!(
            ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"].map(&mut status),
            [200, 200, 429],
            "{model}"
        );
        assert_eq!(status("2001:db8:0:1::1"), 200, "{model}");
    });
}

#[test]
fn over_a_unix_socket_the_user_is_counted() {
    let folder = Folder::new();
    for model in MODELS {
        let path = folder.file(model);
        let options = format!(
            "--model {model} --workers 1 --identities now --burst-per-identity 2 \
             --burst-per-address 1 --connections-per-address 1 --listen unix:{}",
            path.display()
        );
        let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
        let _silent = Peer::connect(server.address(), Framing::Raw);
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        let refused = [(); 3].map(|()| is_refused(&read(&peer.ask(&whoami()))));
        assert_eq!(refused, [false, false, true], "{model}");
    }
}

#[test]
fn a_server_of_several_processes_says_that_each_counts_alone() {
    let folder = Folder::new();
    for model in MODELS {
        for options in ["--burst-per-address 5 --in-flight-per-identity 5 --identities now", ""] {
            let log = folder.file(&format!("{model}{}", options.len()));
            let mut command = Command::new(env!("CARGO_BIN_EXE_model_server"));
            command.args(["--model", model, "--workers", "1"]).args(options.split_whitespace());
            command.stderr(File::create(&log).unwrap());
            let server = Served::start_by(&mut command);
            // It is said before anybody is served.
            Peer::connect(server.address(), Framing::Raw).ask(&whoami());
            let said = fs::read_to_string(&log).unwrap();
            let name = ["fork-per-connection", "prefork", "prefork-event-loop"];
            let name =
                name.into_iter().find(|name| model.contains("fork") && name.starts_with(model));
            let expected = name.filter(|_| !options.is_empty()).map(|name| {
                format!(
                    "each process of `{name}` counts calls alone: a caller may do in each of them what \
                     `limit_calls_per_address`, `limit_calls_in_flight_per_identity` allows"
                )
            });
            match expected {
                Some(line) => assert!(said.contains(&line), "{model}: {said}"),
                None => assert!(!said.contains("counts calls alone"), "{model}: {said}"),
            }
        }
    }
}

#[test]
fn connections_of_an_address_are_counted() {
    each("--connections-per-address 2", |model, address| {
        let mut peers = [(); 2].map(|()| Peer::connect(address, Framing::Raw));
        for peer in &mut peers {
            assert_eq!(read(&peer.ask(&whoami()))["id"], 1, "{model}");
        }
        for framing in EVERY_FRAMING {
            let mut peer = Peer::connect(address, framing);
            let refused = read(&peer.ask(&whoami()));
            assert!(is_refused(&refused), "{model}: {refused}");
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.contains("`max_connections_per_address`"), "{model}: {message}");
            assert_eq!(refused["error"]["data"]["retry_after_ms"], 1000, "{model}");
            assert!(peer.is_ended(), "{model}");
        }
        let busy = HttpPeer::connect(address).ask(&whoami());
        assert_eq!(busy.status, 503, "{model}: {busy:?}");
        assert_eq!(busy.header("retry-after"), Some("1"), "{model}");
        let mut other = Peer::connect_from("127.0.0.2", address, Framing::Raw);
        assert!(!is_refused(&read(&other.ask(&whoami()))), "{model}");
        for peer in &mut peers {
            assert!(!is_refused(&read(&peer.ask(&whoami()))), "{model}");
        }
        drop(peers);
        until("a place becomes free", || {
            let mut peer = Peer::connect(address, Framing::Raw);
            !is_refused(&read(&peer.ask(&whoami())))
        });
    });
}

#[test]
fn a_proxy_may_have_as_many_connections_as_it_likes() {
    each("--connections-per-address 1 --trusted-proxies 127.0.0.1", |model, address| {
        let mut peers = [(); 3].map(|()| Peer::connect(address, Framing::Raw));
        for peer in &mut peers {
            assert!(!is_refused(&read(&peer.ask(&whoami()))), "{model}");
        }
        let mut first = Peer::connect_from("127.0.0.2", address, Framing::Raw);
        assert!(!is_refused(&read(&first.ask(&whoami()))), "{model}");
        let mut second = Peer::connect_from("127.0.0.2", address, Framing::Raw);
        assert!(is_refused(&read(&second.ask(&whoami()))), "{model}");
    });
}

#[test]
fn those_who_are_turned_away_take_no_room_of_others() {
    // As many as the event loops serve are turned away at one time.
    each("--connections-per-address 1 --max-connections 4", |model, address| {
        let mut first = Peer::connect(address, Framing::Raw);
        assert!(!is_refused(&read(&first.ask(&whoami()))), "{model}");
        let _silent: Vec<_> = (0..20).map(|_| Peer::connect(address, Framing::Raw)).collect();
        let mut other = Peer::connect_from("127.0.0.2", address, Framing::Raw);
        assert!(!is_refused(&read(&other.ask(&whoami()))), "{model}");
    });
}
