//! What a server says to those who operate it: that it is full, and what it cannot read, a line a second at most.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use rpc_core::protocol::Framing;
use rpc_core::server::{EventLoop, ServerHandle, ThreadPerConnection, Tools};
use rpc_core::{FunctionRegistry, RpcServer};
use tests::{HttpPeer, McpPeer, Model, Peer};

const CALL: &str = r#"{"method_name":"add","method_args":[1,2,3]}"#;

/// A server that keeps the lines of its log.
fn logged() -> (RpcServer, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let examples =
        FunctionRegistry::exported_where(|function| function.module().starts_with("examples"));
    let server = RpcServer::of(examples).mcp(Tools::all());
    (server.log(move |line| log.lock().unwrap().push(line.to_owned())), lines)
}

fn stopped(server: ServerHandle, lines: &Mutex<Vec<String>>) -> Vec<String> {
    server.stop();
    server.wait().unwrap();
    std::mem::take(&mut *lines.lock().unwrap())
}

/// How many connections a line says were turned away.
fn turned_away(line: &str) -> u32 {
    let said = line.strip_prefix("the server is full: ").expect(line);
    match said.split(' ').next().unwrap() {
        "a" => 1,
        count => count.parse().unwrap(),
    }
}

#[test]
fn a_server_that_is_full_says_how_many_it_turns_away() {
    let starts: [fn(RpcServer) -> ServerHandle; 2] = [
        |server| {
            let model = ThreadPerConnection { max_connections: 1 };
            server.start_with("127.0.0.1:0", model).unwrap()
        },
        |server| {
            let model = EventLoop { threads: 1, max_connections: 1 };
            server.start_with("127.0.0.1:0", model).unwrap()
        },
    ];
    for start in starts {
        let (server, lines) = logged();
        let server = start(server);
        let mut inside = Peer::connect(server.address(), Framing::Raw);
        assert_eq!(inside.ask(CALL), r#"{"res":6}"#);
        for _ in 0..5 {
            let mut outside = Peer::connect(server.address(), Framing::Raw);
            assert!(outside.ask(CALL).contains("-32000"));
        }
        inside.finish();
        let lines = stopped(server, &lines);
        assert_eq!(lines.iter().map(|line| turned_away(line)).sum::<u32>(), 5, "{lines:?}");
        assert_eq!(turned_away(&lines[0]), 1, "{lines:?}");
        assert!(lines[0].ends_with("; `max_connections` is 1"), "{lines:?}");
        assert!(lines.len() <= 3, "{lines:?}");
    }
}

#[test]
fn what_cannot_be_read_leaves_a_line_that_says_from_whom() {
    type Say = fn(&ServerHandle);
    let ways: [(&str, Say); 6] = [
        ("raw", |server| {
            Peer::connect(server.address(), Framing::Raw).ask(r#"{"method_name": ]"#);
        }),
        ("a frame", |server| {
            Peer::connect(server.address(), Framing::LengthPrefix).ask("nothing");
        }),
        ("no call", |server| {
            Peer::connect(server.address(), Framing::Raw).ask(r#"{"name":"add"}"#);
        }),
        ("HTTP", |server| {
            let mut peer = HttpPeer::connect(server.address());
            peer.exchange(&HttpPeer::post("Content-Type: application/json\r\n", "{]"));
        }),
        ("XML-RPC", |server| {
            let mut peer = HttpPeer::connect(server.address());
            peer.exchange(&HttpPeer::post("Content-Type: text/xml\r\n", "<methodCall>"));
        }),
        ("MCP", |server| {
            McpPeer::connect(server.address()).post("", "[");
        }),
    ];
    Model::each(|model| {
        for (name, way) in ways {
            let (server, lines) = logged();
            let server = model.start(server);
            way(&server);
            let lines = stopped(server, &lines);
            let [line] = &lines[..] else { panic!("{name}: {lines:?}") };
            assert!(line.starts_with("a message from 127.0.0.1:"), "{name}: {line}");
            assert!(line.contains(" cannot be read: "), "{name}: {line}");
        }
    });
}

#[test]
fn a_flood_of_what_cannot_be_read_is_a_line_a_second() {
    let (server, lines) = logged();
    let server = server.start("127.0.0.1:0").unwrap();
    let begun = std::time::Instant::now();
    for _ in 0..50 {
        Peer::connect(server.address(), Framing::Raw).ask(r#"{"method_name": ]"#);
    }
    let lines = stopped(server, &lines);
    let most = usize::try_from(begun.elapsed().as_secs()).unwrap() + 2;
    assert!((1..=most).contains(&lines.len()), "{lines:?}");
    let stands_for = |line: &String| {
        let left_out =
            line.rsplit_once(" (").and_then(|(_, rest)| rest.split_once(" lines before"));
        1 + left_out.map_or(0, |(count, _)| count.parse::<usize>().unwrap())
    };
    assert_eq!(lines.iter().map(stands_for).sum::<usize>(), 50, "{lines:?}");
}

#[test]
fn what_a_function_refuses_is_no_matter_of_the_log() {
    let (server, lines) = logged();
    let server = server.start("127.0.0.1:0").unwrap();
    let mut peer = Peer::connect(server.address(), Framing::Raw);
    peer.ask(r#"{"method_name":"add","method_args":["x",2]}"#);
    peer.ask(r#"{"method_name":"ad"}"#);
    peer.finish();
    assert_eq!(stopped(server, &lines), [""; 0]);
}
