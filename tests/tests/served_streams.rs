//! A stream that somebody else has made is served to its end.

#![allow(clippy::unwrap_used)]

use std::future::pending;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use examples as _;
use rpc_core::protocol::Framing;
use rpc_core::transport::{Duplex, MemoryStream, Stream};
use rpc_core::{Error, FunctionRegistry, JsonRpc, RpcServer, TcpServer};
use tests::{FRAMINGS, Gate, HttpPeer, OwnAsyncStream, OwnStream, frame, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;
const NEEDLESS: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Both ends of a connection over TCP.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (here, listener.accept().unwrap().0)
}

/// Sends bytes and receives what comes until the end.
fn exchange(mut stream: TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).unwrap();
    received
}

/// Serves a stream, as the socket it is, or as something that is none.
fn serve(stream: TcpStream, is_own: bool) -> Result<(), Error> {
    let server = RpcServer::exported();
    if is_own { server.serve_stream(OwnStream(stream)) } else { server.serve_stream(stream) }
}

#[test]
fn a_stream_is_served_until_its_peer_ends_it() {
    for framing in FRAMINGS {
        for is_own in [false, true] {
            let (here, there) = connection();
            let server = thread::spawn(move || serve(there, is_own));
            let asked = frame(framing, ADD.as_bytes());
            let received = exchange(here, &[&asked[..], &asked].concat());
            assert_eq!(received.matches(SUM).count(), 2, "{received}");
            server.join().unwrap().unwrap();
        }
    }
}

#[test]
fn http_is_spoken_over_any_stream() {
    for is_own in [false, true] {
        let (mut here, there) = connection();
        let server = thread::spawn(move || serve(there, is_own));
        let post = HttpPeer::post("Content-Type: application/json\r\n", ADD);
        here.write_all([&post, NEEDLESS].concat().as_bytes()).unwrap();
        let mut received = String::new();
        here.read_to_string(&mut received).unwrap();
        assert!(received.contains(SUM), "{received}");
        assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 2, "{received}");
        server.join().unwrap().unwrap();
    }
}

#[test]
fn a_pair_of_pipes_is_a_stream() {
    let (calls, mut asking) = io::pipe().unwrap();
    let (mut replies, answering) = io::pipe().unwrap();
    let stream = Duplex::new(calls, answering);
    let server = thread::spawn(move || RpcServer::exported().serve_stream(stream));
    asking.write_all(ADD.as_bytes()).unwrap();
    let mut reply = vec![0; SUM.len()];
    replies.read_exact(&mut reply).unwrap();
    assert_eq!(reply, SUM.as_bytes());
    drop(asking);
    server.join().unwrap().unwrap();
    // Nobody else holds the other end.
    assert_eq!(replies.read_to_end(&mut Vec::new()).unwrap(), 1);
}

#[test]
fn a_pair_of_pipes_that_was_shut_down_is_at_its_end() {
    let stream = Duplex::new(io::Cursor::new(b"abc"), Vec::new());
    assert!(stream.is_quiet() && !stream.is_ended());
    assert_eq!(stream.read(&mut [0]).unwrap(), 1);
    assert_eq!(stream.write(b"abc").unwrap(), 3);
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(stream.is_ended());
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(stream.write(b"abc").unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn one_stack_serves_several_streams() {
    let server = TcpServer::new(Arc::new(JsonRpc::new(FunctionRegistry::exported())));
    thread::scope(|scope| {
        for _ in 0..3 {
            let (here, there) = MemoryStream::pair();
            let server = server.clone();
            scope.spawn(move || server.serve_stream(there).unwrap());
            here.write(ADD.as_bytes()).unwrap();
            let mut reply = [0; 100];
            assert_eq!(here.read(&mut reply).unwrap(), SUM.len() + 1);
        }
    });
}

/// Breaks when it is written to.
struct Broken;

impl Read for Broken {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        room[..ADD.len()].copy_from_slice(ADD.as_bytes());
        Ok(ADD.len())
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("the line was cut"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn that_a_stream_breaks_is_an_error() {
    let broken = RpcServer::exported().serve_stream(Duplex::new(Broken, Broken)).unwrap_err();
    assert!(matches!(broken, Error::Io(_)));
    assert!(broken.to_string().contains("the line was cut"), "{broken}");
    // That nobody reads any more is none.
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    RpcServer::exported().serve_stream(Duplex::new(Broken, writer)).unwrap();
}

#[test]
fn that_a_stream_breaks_that_speaks_http_is_an_error_too() {
    let post = HttpPeer::post("Content-Type: application/json\r\n", ADD);
    let calls = io::Cursor::new(post.clone().into_bytes());
    let broken = RpcServer::exported().serve_stream(Duplex::new(calls, Broken)).unwrap_err();
    assert!(broken.to_string().contains("the line was cut"), "{broken}");
    // A reset is how a connection breaks: that is what happens when a reply has come and nobody has read it.
    let reset = |mut here: TcpStream| {
        here.write_all(post.as_bytes()).unwrap();
        let mut first = [0];
        while here.peek(&mut first).unwrap() == 0 {}
        here.write_all(&post.as_bytes()[..9]).unwrap();
    };
    let (here, there) = connection();
    let server = thread::spawn(move || serve(there, false));
    reset(here);
    assert!(matches!(server.join().unwrap(), Err(Error::Io(_))));
    run(async {
        let (here, there) = connection();
        there.set_nonblocking(true).unwrap();
        let there = tokio::net::TcpStream::from_std(there).unwrap();
        let server = tokio::spawn(RpcServer::exported().serve_stream_async(there, pending()));
        reset(here);
        assert!(matches!(server.await.unwrap(), Err(Error::Io(_))));
    });
}

#[test]
fn what_would_keep_a_server_from_starting_keeps_it_from_serving_a_stream() {
    let (_, there) = MemoryStream::pair();
    let server = RpcServer::exported().idle_timeout(Duration::ZERO);
    assert!(matches!(server.serve_stream(there), Err(Error::Misuse(_))));
}

#[test]
fn a_stream_of_tokio_is_served_until_its_peer_ends_it() {
    run(async {
        for framing in FRAMINGS {
            let (mut here, there) = tokio::io::duplex(16);
            let server = RpcServer::exported().serve_stream_async(there, pending());
            let server = tokio::spawn(server);
            here.write_all(&frame(framing, ADD.as_bytes())).await.unwrap();
            here.shutdown().await.unwrap();
            let mut received = String::new();
            here.read_to_string(&mut received).await.unwrap();
            assert!(received.contains(SUM), "{received}");
            server.await.unwrap().unwrap();
        }
    });
}

#[test]
fn http_is_spoken_over_a_stream_of_tokio() {
    run(async {
        let (here, there) = connection();
        there.set_nonblocking(true).unwrap();
        let there = OwnAsyncStream::new(tokio::net::TcpStream::from_std(there).unwrap());
        let server = tokio::spawn(RpcServer::exported().serve_stream_async(there, pending()));
        let post = HttpPeer::post("Content-Type: application/json\r\n", ADD);
        let request = [&post, NEEDLESS].concat();
        let received =
            tokio::task::spawn_blocking(move || exchange(here, request.as_bytes())).await.unwrap();
        assert!(received.contains(SUM), "{received}");
        assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 2, "{received}");
        server.await.unwrap().unwrap();
    });
}

#[test]
fn a_stream_of_tokio_that_is_stopped_answers_what_is_in_flight() {
    run(async {
        let gate = Arc::new(Gate::closed());
        let (mut here, there) = tokio::io::duplex(1024);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = RpcServer::exported().serve_stream_async(there, async { drop(stopped.await) });
        let server = tokio::spawn(server);
        let call = format!(
            r#"{{"method_name":"pass_gate_blocking","method_args":[{},7],"id":1}}"#,
            gate.number()
        );
        here.write_all(&frame(Framing::LengthPrefix, call.as_bytes())).await.unwrap();
        let reached = Arc::clone(&gate);
        tokio::task::spawn_blocking(move || reached.until_reached()).await.unwrap();
        stop.send(()).unwrap();
        gate.open();
        let mut received = Vec::new();
        here.read_to_end(&mut received).await.unwrap();
        assert!(String::from_utf8_lossy(&received).contains(r#"{"res":7,"id":1}"#));
        server.await.unwrap().unwrap();
    });
}
