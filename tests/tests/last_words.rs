//! A peer that goes on sending a message that is refused reads what is wrong with it all the same.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use rpc_core::RpcServer;
use rpc_core::protocol::Framing;
use rpc_core::server::ServerHandle;
use tests::{Model, frame};

/// What a server says to a peer that reads only when it has sent everything.
fn said(server: &ServerHandle, bytes: &[u8], leaves: bool) -> String {
    let mut peer = TcpStream::connect(server.address()).unwrap();
    peer.write_all(bytes).unwrap();
    if leaves {
        peer.shutdown(Shutdown::Write).unwrap();
    }
    let mut said = Vec::new();
    peer.read_to_end(&mut said).unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn five_million_brackets_are_refused_for_their_depth() {
    const MANY: usize = 5_000_000;
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        for bracket in ["[", r#"{"a":"#] {
            let text = bracket.repeat(MANY / bracket.len());
            let told = said(&server, text.as_bytes(), false);
            assert!(told.contains("-32004"), "{model:?}: {told}");
            for framing in [Framing::LengthPrefix, Framing::Header] {
                // The next message would be served.
                let told = said(&server, &frame(framing, text.as_bytes()), true);
                assert!(told.contains("-32004"), "{model:?}, {framing:?}: {told}");
            }
        }
    });
}

#[test]
fn what_is_refused_by_its_length_is_told_so_though_it_is_sent() {
    // More than sockets hold, and all of it comes before anything is read.
    let text = "x".repeat(14 << 20);
    let length = u32::try_from(text.len()).unwrap();
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let prefixed = [&length.to_le_bytes(), text.as_bytes()].concat();
        let headed = format!("Content-Length: {length}\r\n\r\n{text}").into_bytes();
        let posted = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{text}"
        );
        for bytes in [prefixed, headed, posted.into_bytes()] {
            let told = said(&server, &bytes, false);
            assert!(told.contains("-32004"), "{model:?}: {told}");
        }
    });
}
