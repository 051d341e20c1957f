//! A peer that floods an HTTP/2 connection with frames that ask for nothing is ended.

#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::RpcServer;
use rpc_core::server::ServerHandle;
use tests::{HttpPeer, Model, at_once};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Frames, each of which may be sent any number of times.
const FLOODS: [(&str, &[u8]); 5] = [
    ("PING", b"\0\0\x08\x06\0\0\0\0\0abcdefgh"),
    ("SETTINGS", b"\0\0\0\x04\0\0\0\0\0"),
    ("PRIORITY", b"\0\0\x05\x02\0\0\0\0\x03\0\0\0\0\x10"),
    ("WINDOW_UPDATE", b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01"),
    ("a type that nobody knows", b"\0\0\0\x77\0\0\0\0\0"),
];

/// Sends a frame without pause, reading what comes, until the server has had enough.
fn flood(server: &ServerHandle, name: &str, frame: &[u8]) {
    let mut peer = TcpStream::connect(server.address()).unwrap();
    peer.write_all(PREFACE).unwrap();
    let mut reading = peer.try_clone().unwrap();
    let reading = thread::spawn(move || {
        let mut rest = [0; 4096];
        while reading.read(&mut rest).is_ok_and(|count| count > 0) {}
    });
    let (many, begun) = (frame.repeat(1000), Instant::now());
    // Far longer than it is taken, on a busy machine too.
    let mut kind = None;
    while kind.is_none() && begun.elapsed() < Duration::from_secs(20) {
        kind = peer.write_all(&many).err().map(|error| error.kind());
    }
    println!("{name}: ended after {:?}", begun.elapsed());
    assert!(
        matches!(kind, Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)),
        "{name}: {kind:?} after {:?}",
        begun.elapsed()
    );
    reading.join().unwrap();
}

#[test]
fn a_flood_of_frames_ends_its_connection_and_no_other() {
    const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        if model == Model::SingleThread {
            // It serves one after another.
            for (name, frame) in FLOODS {
                flood(&server, name, frame);
            }
        } else {
            at_once(FLOODS, |(name, frame)| flood(&server, name, frame));
        }
        assert_eq!(HttpPeer::connect(server.address()).ask(ADD).status, 200, "{model:?}");
    });
}

#[test]
fn who_reads_much_with_many_window_updates_is_served() {
    use http_body_util::{BodyExt, Full};
    use hyper::Request;
    use hyper::body::Bytes;
    use hyper_util::rt::{TokioExecutor, TokioIo};

    tests::run(async {
        let server = Model::EventLoop.start(RpcServer::exported());
        let address = server.address().to_string();
        let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        // As small as they may be: an update for each few kilobytes.
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        for _ in 0..20 {
            let call = r#"{"method_name":"repeat","method_args":["x",4000000],"id":1}"#;
            let request = Request::post(format!("http://{address}/"))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(call)))
                .unwrap();
            let response = sender.send_request(request).await.unwrap();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert!(body.len() > 4_000_000);
        }
        drop(sender);
        let _ = tokio::time::timeout(Duration::from_secs(5), connection).await;
    });
}
