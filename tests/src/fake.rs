//! A server written by hand, to answer as no real one would.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use rpc_core::protocol::Framing;
use rpc_core::transport::Socket;
use serde_json::Value;

use crate::{HttpPeer, Peer};

/// A server that does what the test says. It ends when this is dropped and its clients are gone.
#[derive(Debug)]
pub struct Fake {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    /// Has `converse` talk to one client after another, in `framing`.
    pub fn start(framing: Framing, mut converse: impl FnMut(Peer) + Send + 'static) -> Self {
        Self::serve(move |stream| converse(Peer::of_client(Socket::Tcp(stream), framing)))
    }

    /// Has `converse` talk HTTP to one client after another.
    pub fn start_http(mut converse: impl FnMut(HttpPeer) + Send + 'static) -> Self {
        Self::serve(move |stream| converse(HttpPeer::of(stream)))
    }

    fn serve(mut converse: impl FnMut(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a port");
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let stream = stream.expect("a client");
                stream.set_nodelay(true).expect("a socket");
                converse(stream);
            }
        });
        Self { address, ended, thread: Some(thread) }
    }

    /// The address served at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        let ended = self.thread.take().map(JoinHandle::join);
        if let Some(Err(panic)) = ended
            && !thread::panicking()
        {
            panic::resume_unwind(panic);
        }
    }
}

/// A call as a server written by hand sees it.
#[derive(Debug, Clone)]
pub struct Received {
    /// The id; null where there is none.
    pub id: Value,
    /// The first argument by position; null where there is none.
    pub argument: Value,
}

impl Peer {
    /// Receives the next call of a client in the native dialect; `None` at the end.
    pub fn receive_call(&mut self) -> Option<Received> {
        let call: Value = serde_json::from_str(&self.receive()?).expect("a call");
        Some(Received { id: call["id"].clone(), argument: call["method_args"][0].clone() })
    }

    /// Answers a call with its argument.
    pub fn echo(&mut self, Received { id, argument }: &Received) {
        self.send(&format!(r#"{{"res":{argument},"id":{id}}}"#));
    }

    /// Answers every call with its argument, up to the end.
    pub fn echo_all(&mut self) {
        while let Some(call) = self.receive_call() {
            self.echo(&call);
        }
    }
}
