//! A call ends at its deadline whatever a server sends without end, and whatever it does not read.

#![allow(clippy::unwrap_used)]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::Framing;
use rpc_core::{Error, RpcClient, Stub};
use tests::{WebSocket, frame, run, web_socket_frame};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const TIMEOUT: Duration = Duration::from_millis(300);
/// Far above what a busy machine adds.
const AT_MOST: Duration = Duration::from_secs(10);

/// Serves each connection with this, on a thread of its own.
fn serve(converse: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let converse = converse.clone();
            thread::spawn(move || converse(stream.unwrap()));
        }
    });
    address
}

/// Writes this again and again until nobody reads it.
fn flood(stream: &mut impl Write, bytes: &[u8]) {
    let bytes = bytes.repeat(64 * 1024 / bytes.len() + 1);
    while stream.write_all(&bytes).is_ok() {}
}

fn is_on_time<T: Send + 'static>(
    what: &str,
    call: impl FnOnce() -> Result<T, Error> + Send + 'static,
) {
    let begun = Instant::now();
    let (ended, outcome) = mpsc::channel();
    let caller: JoinHandle<()> = thread::spawn(move || _ = ended.send(call().map(drop)));
    let outcome = outcome.recv_timeout(AT_MOST);
    let error = outcome.unwrap_or_else(|_| panic!("{what}: no end")).unwrap_err();
    assert!(error.is_timeout(), "{what}: {error}");
    assert!(begun.elapsed() >= TIMEOUT / 2, "{what}");
    caller.join().unwrap();
}

/// Both clients call, and give up on time.
fn both_end(what: &str, builder: ClientBuilder, url: String) {
    let builder = builder.call_timeout(TIMEOUT);
    let (blocking, address) = (builder.clone(), url.clone());
    is_on_time(&format!("{what}, async"), move || {
        run(async {
            let client = builder.connect_async(url).await?;
            client.call::<u64>("same", [1], ()).await
        })
    });
    is_on_time(&format!("{what}, blocking"), move || {
        blocking.connect(address)?.call::<u64>("same", [1], ())
    });
}

#[test]
fn unasked_replies_without_end() {
    for framing in [Framing::LengthPrefix, Framing::Raw, Framing::Header] {
        for dialect in [Dialect::Native, Dialect::JsonRpc] {
            let unasked = match dialect {
                Dialect::Native => r#"{"res":1,"id":77}"#,
                _ => r#"{"jsonrpc":"2.0","result":1,"id":77}"#,
            };
            let unasked = frame(framing, unasked.as_bytes());
            let address = serve(move |mut stream| flood(&mut stream, &unasked));
            let builder = RpcClient::builder().framing(framing).dialect(dialect);
            both_end(&format!("{framing:?} {dialect:?}"), builder, address.to_string());
        }
    }
}

#[test]
fn interim_responses_without_end() {
    let address = serve(move |mut stream| {
        // What comes before a request is no response to it.
        stream.read_exact(&mut [0; 100]).unwrap();
        flood(&mut stream, b"HTTP/1.1 100 Continue\r\n\r\n");
    });
    both_end("100 Continue", RpcClient::builder(), format!("http://{address}"));
}

#[test]
fn frames_without_end() {
    let cases: [(&str, Vec<u8>); 4] = [
        ("pings", web_socket_frame(0x89, b"there", false)),
        ("long pings", web_socket_frame(0x89, &[b'x'; 125], false)),
        ("pongs", web_socket_frame(0x8A, b"there", false)),
        ("unasked", web_socket_frame(0x81, br#"{"jsonrpc":"2.0","result":1,"id":77}"#, false)),
    ];
    for (what, bytes) in cases {
        for reads in [true, false] {
            let bytes = bytes.clone();
            let address = serve(move |stream| {
                let mut copy = stream.try_clone().unwrap();
                let mut socket = WebSocket::accept(stream);
                if reads {
                    let mut reader = copy.try_clone().unwrap();
                    thread::spawn(move || io::copy(&mut reader, &mut io::sink()));
                }
                socket.try_write(b"").unwrap();
                flood(&mut copy, &bytes);
            });
            let builder = RpcClient::builder();
            both_end(&format!("{what}, read: {reads}"), builder, format!("ws://{address}"));
        }
    }
    let address = serve(move |stream| {
        let mut copy = stream.try_clone().unwrap();
        let mut socket = WebSocket::accept(stream);
        socket.try_write(&web_socket_frame(0x01, b"{", false)).unwrap();
        flood(&mut copy, &web_socket_frame(0x00, b"", false));
    });
    both_end("fragments", RpcClient::builder(), format!("ws://{address}"));
}

/// A stream that always has another reply to nobody's call, and never makes its reader wait.
struct Endless;

impl AsyncRead for Endless {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let reply = br#"{"res":1,"id":77}"#;
        let count = room.remaining().min(reply.len());
        room.put_slice(&reply[..count]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Endless {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_stream_of_ones_own_that_is_always_ready() {
    is_on_time("a stream of one's own", || {
        run(async {
            let builder = RpcClient::builder().framing(Framing::Raw).call_timeout(TIMEOUT);
            let client = builder.connect_async_over(|| async { Ok(Endless) }).await?;
            client.call::<u64>("same", [1], ()).await
        })
    });
}
