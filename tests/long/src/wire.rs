//! Connections that speak bytes: one that forgives whatever its server does, and one for each way to call.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rpc_core::protocol::Framing;
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, HttpPeer, Peer, Served, WebSocket};

/// A call that every server answers.
pub(crate) const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
/// The answer.
pub(crate) const SUM: &str = r#"{"res":13,"id":1}"#;

/// A call in the native dialect.
pub(crate) fn native(id: u64, method: &str, args: &Value) -> String {
    json!({"method_name": method, "method_args": args, "id": id}).to_string()
}

/// A call of JSON-RPC 2.0.
pub(crate) fn json_rpc(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id}).to_string()
}

/// The code of a fault in any dialect of JSON; `None` where there is none.
pub(crate) fn code_in(reply: &str) -> Option<i64> {
    let reply: Value = serde_json::from_str(reply).ok()?;
    let fault = if reply["out"] == "error" { &reply["result"] } else { &reply["error"] };
    fault["code"].as_i64()
}

/// A connection to a server that may do anything.
#[derive(Debug)]
pub(crate) struct Wire(pub(crate) TcpStream);

impl Wire {
    /// Connects.
    pub(crate) fn connect(server: &Served) -> Self {
        Self::try_connect(server).expect("a server that listens")
    }

    /// Connects, unless the server has gone.
    pub(crate) fn try_connect(server: &Served) -> Option<Self> {
        let stream = TcpStream::connect(server.address()).ok()?;
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Some(Self(stream))
    }

    /// Sends bytes, unless the server has gone.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// Everything that comes up to the end of the connection, however it ends; `None` where it does
    /// not end in time.
    pub(crate) fn rest(&mut self, patience: Duration) -> Option<Vec<u8>> {
        let begun = Instant::now();
        let mut rest = Vec::new();
        let mut room = vec![0; 1 << 16];
        loop {
            let left = patience.checked_sub(begun.elapsed()).filter(|left| !left.is_zero())?;
            self.0.set_read_timeout(Some(left)).unwrap();
            match self.0.read(&mut room) {
                Ok(0) => return Some(rest),
                Ok(count) => rest.extend_from_slice(&room[..count]),
                Err(error)
                    if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) =>
                {
                    return None;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Some(rest),
            }
        }
    }

    /// The same as text.
    pub(crate) fn rest_as_text(&mut self, patience: Duration) -> Option<String> {
        self.rest(patience).map(|rest| String::from_utf8_lossy(&rest).into_owned())
    }
}

/// A way for messages to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Framed(Framing),
    Http,
    WebSocket,
}

impl Way {
    /// Every one.
    pub(crate) const ALL: [Self; 5] = [
        Self::Framed(EVERY_FRAMING[0]),
        Self::Framed(EVERY_FRAMING[1]),
        Self::Framed(EVERY_FRAMING[2]),
        Self::Http,
        Self::WebSocket,
    ];

    /// Connects.
    pub(crate) fn connect(self, server: &Served) -> Talk {
        match self {
            Self::Framed(framing) => Talk::Framed(Peer::connect(server.address(), framing)),
            Self::Http => Talk::Http(HttpPeer::connect(server.address())),
            Self::WebSocket => {
                Talk::WebSocket(WebSocket::connect(server.address().socket_addr().expect("a port")))
            }
        }
    }
}

/// A connection that messages travel over in one way.
#[derive(Debug)]
pub(crate) enum Talk {
    Framed(Peer),
    Http(HttpPeer),
    WebSocket(WebSocket),
}

impl Talk {
    /// Sends a message and receives the reply.
    pub(crate) fn ask(&mut self, message: &str) -> String {
        match self {
            Self::Framed(peer) => peer.ask(message),
            Self::Http(peer) => peer.ask(message).body,
            Self::WebSocket(socket) => socket.ask(message),
        }
    }
}
