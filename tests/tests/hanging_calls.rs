//! A server that is told to stop ends at its stop timeout, whatever its functions do; those whose calls it
//! gives up are told.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::protocol::code;
use rpc_core::{RpcClient, RpcServer, Stub, args, kwargs};
use tests::{FRAMINGS, Folder, Gate, Model, Peer, Served, at_once, until, until_accepted};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// Far below any timeout of a server, far above what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(15);

/// A server whose calls are given up after 300 ms.
fn start(model: &str) -> Served {
    Served::start(SERVER, &format!("--model {model} --stop-timeout-ms 300"))
}

/// A function that hangs, and what shows that it does.
struct Hanging(Folder);

impl Hanging {
    fn new() -> Self {
        Self(Folder::new())
    }

    fn file(&self) -> String {
        self.0.path().join("runs").display().to_string()
    }

    /// Waits until it runs, in whichever process.
    fn until_it_runs(&self) {
        until("the function runs", || Path::new(&self.file()).exists());
    }
}

/// What a peer is told whose call is given up.
fn assert_told(told: &str, place: &str) {
    assert!(told.contains(r#""code":-32003"#), "{place}: {told}");
    assert!(told.contains(r#""data":{"may_have_run":true}"#), "{place}: {told}");
}

#[test]
fn a_hanging_function_holds_no_model_up_and_its_caller_is_told() {
    thread::scope(|scope| {
        for model in MODELS {
            scope.spawn(move || {
                for framing in FRAMINGS {
                    let mut server = start(model);
                    let mut peer = Peer::connect(server.address(), framing);
                    let hanging = Hanging::new();
                    let arguments = format!("[\"{}\",60000]", hanging.file());
                    peer.send(&format!(
                        r#"{{"method_name":"show_and_sleep","method_args":{arguments},"id":1}}"#
                    ));
                    hanging.until_it_runs();
                    let begun = Instant::now();
                    server.process().signal("TERM");
                    assert_told(&peer.receive().unwrap(), model);
                    assert!(peer.is_ended(), "{model}");
                    assert!(server.wait().success(), "{model}");
                    let took = begun.elapsed();
                    assert!(took >= Duration::from_millis(300), "{model}: {took:?}");
                    assert!(took < AT_ONCE, "{model}: {took:?}");
                }
            });
        }
    });
}

#[test]
fn the_same_is_said_in_http() {
    at_once(MODELS, |model| {
        let mut server = start(model);
        let mut peer = TcpStream::connect(server.address()).unwrap();
        let hanging = Hanging::new();
        let arguments = format!("[\"{}\",60000]", hanging.file());
        let body =
            format!(r#"{{"jsonrpc":"2.0","method":"show_and_sleep","params":{arguments},"id":1}}"#);
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        write!(peer, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        hanging.until_it_runs();
        server.process().signal("TERM");
        let mut told = String::new();
        peer.read_to_string(&mut told).unwrap();
        assert!(told.starts_with("HTTP/1.1 503 "), "{model}: {told}");
        assert_told(&told, model);
        assert!(server.wait().success(), "{model}");
    });
}

#[test]
fn a_client_learns_that_its_call_may_have_run() {
    at_once(MODELS, |model| {
        let mut server = start(model);
        let client = server.client();
        let hanging = Hanging::new();
        let file = hanging.file();
        let calling = thread::spawn(move || {
            client.call::<()>("show_and_sleep", args![file, 60_000], kwargs! {}).unwrap_err()
        });
        hanging.until_it_runs();
        server.process().signal("TERM");
        let error = calling.join().unwrap();
        assert_eq!(error.code(), Some(code::SHUTTING_DOWN), "{model}: {error}");
        assert!(error.may_have_run(), "{model}");
        assert!(server.wait().success(), "{model}");
    });
}

#[test]
fn neighbours_on_an_event_loop_are_told_too() {
    let (hanging, waiting) = (Gate::closed(), Gate::closed());
    let server = RpcServer::exported().stop_timeout(Duration::from_millis(300));
    let server = Model::EventLoop.start(server);
    let call = |function: &str, gate: &Gate| {
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        let gate = gate.number();
        peer.send(&format!(r#"{{"method_name":"{function}","method_args":[{gate},7],"id":1}}"#));
        peer
    };
    let mut neighbour = call("pass_gate_later", &waiting);
    until_accepted(server.address(), 1);
    let mut hangs = call("pass_gate", &hanging);
    hanging.until_reached();
    server.stop();
    server.wait().unwrap();
    assert_told(&neighbour.receive().unwrap(), "neighbour");
    assert_told(&hangs.receive().unwrap(), "hangs");
}

#[test]
fn a_handle_waits_for_no_function_that_does_not_end() {
    Model::each(|model| {
        let gate = Gate::closed();
        let server = model.start(RpcServer::exported().stop_timeout(Duration::from_millis(100)));
        let client = RpcClient::connect(server.address()).unwrap();
        let number = gate.number();
        let calling =
            thread::spawn(move || client.call::<u64>("pass_gate", args![number, 7], kwargs! {}));
        gate.until_reached();
        let begun = Instant::now();
        server.stop();
        server.wait().unwrap();
        assert!(begun.elapsed() < AT_ONCE, "{model:?}: {:?}", begun.elapsed());
        let error = calling.join().unwrap().unwrap_err();
        assert_eq!(error.code(), Some(code::SHUTTING_DOWN), "{model:?}: {error}");
    });
}
