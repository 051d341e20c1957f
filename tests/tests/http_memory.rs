//! A peer that never reads its replies over HTTP costs a server little, and is closed.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::RpcServer;
use tests::{HttpPeer, MemoryWatch, Model};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;
const LARGE: &str = r#"{"method_name":"repeat","method_args":["x",9000000]}"#;
const MIB: usize = 1 << 20;

/// Requests of a gigabyte of replies, one after another.
fn pipelined() -> Vec<u8> {
    HttpPeer::post("", LARGE).repeat(120).into_bytes()
}

/// The same in HTTP/2, side by side, where no stream has room for any data.
fn side_by_side() -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let mut frame = |of_type, flags, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        bytes.extend_from_slice(&length[1..]);
        bytes.extend_from_slice(&[of_type, flags]);
        bytes.extend_from_slice(&stream.to_be_bytes());
        bytes.extend_from_slice(payload);
    };
    // The setting of the window that streams begin with.
    frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]);
    for stream in (1..240).step_by(2) {
        // POST, http, /, and `:authority: localhost`, by the static table of HPACK.
        frame(1, 4, stream, b"\x83\x86\x84\x41\x09localhost");
        frame(0, 1, stream, LARGE.as_bytes());
    }
    bytes
}

#[test]
fn a_peer_that_never_reads_is_closed_and_keeps_no_other_waiting() {
    let mut memory = MemoryWatch::begin();
    for model in [Model::ThreadPerConnection, Model::EventLoop] {
        for requests in [pipelined(), side_by_side()] {
            let timeout = Duration::from_millis(500);
            let server = model.start(RpcServer::exported().write_timeout(timeout));
            assert_eq!(HttpPeer::connect(server.address()).ask(ADD).body, SUM);
            memory.from_here();
            let mut greedy = TcpStream::connect(server.address()).unwrap();
            greedy.write_all(&requests).unwrap();
            let begun = Instant::now();
            while begun.elapsed() < 4 * timeout {
                assert_eq!(HttpPeer::connect(server.address()).ask(ADD).body, SUM);
                memory.growth();
                thread::sleep(Duration::from_millis(20));
            }
            let grown = memory.growth();
            assert!(grown < 64 * MIB, "{model:?}: {grown} bytes");
            // What had been sent by then can be read, and then there is an end.
            greedy.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut received = vec![0; MIB];
            let ended = loop {
                match greedy.read(&mut received) {
                    Ok(0) => break true,
                    Ok(_) => {}
                    Err(error) => break error.kind() == std::io::ErrorKind::ConnectionReset,
                }
            };
            assert!(ended, "{model:?}");
        }
    }
}
