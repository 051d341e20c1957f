//! A call ends at its deadline though the server does not read it, or reads it too slowly.

#![allow(clippy::unwrap_used)]

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::client::ClientBuilder;
use rpc_core::protocol::{Framing, Limits};
use rpc_core::transport::Stream;
use rpc_core::{Error, RpcClient, Stub, args, kwargs};
use tests::{WebSocket, run, same};

const TIMEOUT: Duration = Duration::from_millis(500);
/// Far above what a busy machine adds.
const AT_MOST: Duration = Duration::from_secs(20);
/// More than sockets hold.
const SIZE: usize = 12 * 1024 * 1024;

const SCHEMES: [&str; 3] = ["tcp", "http", "ws"];

/// A server that reads nothing but the opening of a WebSocket.
fn silent(scheme: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let is_ws = scheme == "ws";
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            open.push(stream.try_clone().unwrap());
            if is_ws {
                WebSocket::accept(stream);
            }
        }
    });
    format!("{scheme}://{address}")
}

fn builder() -> ClientBuilder {
    let limits = Limits { max_message_bytes: 2 * SIZE, ..Limits::default() };
    RpcClient::builder().limits(limits).call_timeout(TIMEOUT)
}

fn is_on_time(what: &str, call: impl FnOnce() -> Result<(), Error> + Send + 'static) {
    let (ended, outcome) = mpsc::channel();
    thread::spawn(move || _ = ended.send(call()));
    let outcome = outcome.recv_timeout(AT_MOST);
    let error = outcome.unwrap_or_else(|_| panic!("{what}: no end")).unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{what}: {error}");
}

#[test]
fn both_clients_give_a_call_up() {
    for scheme in SCHEMES {
        let url = silent(scheme);
        let other = url.clone();
        is_on_time(&format!("blocking, {url}"), move || {
            let text = "x".repeat(SIZE);
            builder().connect(other)?.call("same", args![text], kwargs! {})
        });
        let other = url.clone();
        is_on_time(&format!("async, {url}"), move || {
            run(async {
                let text = "x".repeat(SIZE);
                let client = builder().connect_async(other).await?;
                client.call("same", args![text], kwargs! {}).await
            })
        });
    }
}

#[test]
fn a_batch_is_given_up_as_its_calls_are() {
    for scheme in SCHEMES {
        let url = silent(scheme);
        is_on_time(&url.clone(), move || {
            // Small enough to gather with others; by HTTP, calls that are not have a request each.
            let count = if scheme == "http" { 2 } else { SIZE / (60 * 1024) };
            let text = "x".repeat(SIZE / count);
            let client = builder().connect(url)?;
            let call = |calls: &_| Stub::call::<()>(calls, "same", args![&*text], kwargs! {});
            client.batch(|calls| (0..count).map(|_| call(calls)).collect::<Vec<_>>()).map(drop)
        });
    }
}

/// A socket that takes a byte now and then, so that writing goes on and never ends; or nothing.
struct Narrow(TcpStream, usize);

impl Stream for Narrow {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        Stream::read(&self.0, room)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(1));
        match self.1 {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            most => Stream::write(&self.0, &bytes[..bytes.len().min(most)]),
        }
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}

/// Connects over such a socket.
fn narrow(most: usize) -> impl Fn(Duration) -> io::Result<Narrow> + Send + Sync {
    let address: SocketAddr = silent("tcp")["tcp://".len()..].parse().unwrap();
    move |timeout| Ok(Narrow(TcpStream::connect_timeout(&address, timeout)?, most))
}

#[test]
fn a_call_that_leaves_too_slowly_is_given_up() {
    for framing in [Framing::LengthPrefix, Framing::Raw] {
        is_on_time(&format!("{framing:?}"), move || {
            let client = builder().framing(framing).connect_over(narrow(1))?;
            let begun = Instant::now();
            let outcome = client.call("same", args!["x".repeat(100_000)], kwargs! {});
            assert!(begun.elapsed() < AT_MOST / 2, "{:?}", begun.elapsed());
            outcome
        });
    }
}

#[test]
fn who_sends_for_others_keeps_none_of_them_waiting() {
    let builder = builder().call_timeout(Duration::from_secs(60));
    let client = builder.connect_over(narrow(0)).unwrap();
    let sender = client.clone();
    let (begins, begun) = mpsc::channel();
    thread::spawn(move || {
        let gathering = sender.burst();
        let _call = sender.same(1.into()).start().unwrap();
        begins.send(()).unwrap();
        drop(gathering);
    });
    begun.recv().unwrap();
    is_on_time("another", move || client.within(TIMEOUT).call("same", [1], kwargs! {}));
}
