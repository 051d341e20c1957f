//! What is counted: servers and clients, each by several protocols.

use std::error::Error;
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use crate::messages::{ONE_BY_ONE, SHARED, Traffic};
use crate::peer::{Caller, answer};
use crate::process::Counted;
use crate::record::Row;

/// Calls of the shorter stretch of each kind of traffic.
pub const CALLS: usize = 640;

/// A server or a client, and what it speaks.
pub struct Subject {
    side: Side,
    /// The server's model, or the client's kind.
    kind: &'static str,
    protocol: Protocol,
}

/// The end of the connection that is counted.
#[derive(Clone, Copy)]
enum Side {
    Server,
    Client,
}

/// How calls travel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The native dialect, in length-prefixed frames.
    Native,
    /// JSON-RPC 2.0, in length-prefixed frames.
    JsonRpc,
    /// JSON-RPC 2.0 over HTTP/1.1.
    Http,
    /// JSON-RPC 2.0 over a WebSocket.
    WebSocket,
}

const NAMES: [(Protocol, &str); 4] = [
    (Protocol::Native, "native"),
    (Protocol::JsonRpc, "json-rpc"),
    (Protocol::Http, "http"),
    (Protocol::WebSocket, "websocket"),
];

impl Protocol {
    /// The protocol of this name.
    pub fn named(name: &str) -> Result<Self, Box<dyn Error>> {
        let named = NAMES.iter().find(|(_, known)| *known == name);
        Ok(named.ok_or("no protocol of this name")?.0)
    }

    fn name(self) -> &'static str {
        NAMES.iter().find(|(protocol, _)| *protocol == self).map_or("", |(_, name)| name)
    }

    /// The kinds of traffic that it is counted with.
    pub fn traffic(self) -> &'static [Traffic] {
        if self == Self::Http { ONE_BY_ONE } else { SHARED }
    }
}

/// Every subject.
pub const SUBJECTS: &[Subject] = &[
    server("threads", Protocol::Native),
    server("threads", Protocol::JsonRpc),
    server("event-loop", Protocol::Native),
    server("event-loop", Protocol::JsonRpc),
    server("event-loop", Protocol::Http),
    server("event-loop", Protocol::WebSocket),
    server("thr-stats", Protocol::Native),
    server("loop-stats", Protocol::Native),
    server("loop-stats", Protocol::JsonRpc),
    client("blocking", Protocol::Native),
    client("blocking", Protocol::JsonRpc),
    client("async", Protocol::Native),
    client("async", Protocol::JsonRpc),
    client("async", Protocol::Http),
    client("async", Protocol::WebSocket),
];

const fn server(kind: &'static str, protocol: Protocol) -> Subject {
    Subject { side: Side::Server, kind, protocol }
}

const fn client(kind: &'static str, protocol: Protocol) -> Subject {
    Subject { side: Side::Client, kind, protocol }
}

impl Subject {
    /// What it is called, as rows begin.
    pub fn words(&self) -> [&'static str; 3] {
        let side = match self.side {
            Side::Server => "server",
            Side::Client => "client",
        };
        [side, self.kind, self.protocol.name()]
    }

    /// Counts it, and returns a row for each kind of traffic. Callgrind's files go to a folder.
    pub fn count(&self, profiles: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
        let profile = profiles.join(self.words().join("-"));
        let count = match self.side {
            Side::Server => self.count_server(&profile),
            Side::Client => self.count_client(&profile),
        };
        count.map_err(|error| format!("{}: {error}", self.words().join(" ")).into())
    }

    fn count_server(&self, profile: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
        let mut server = Counted::start(&["serve", self.kind], profile)?;
        let address = server.line()?.parse()?;
        let mut caller = Caller::connect(address, self.protocol, server.id())?;
        let mut rows = Vec::new();
        for traffic in self.protocol.traffic() {
            // The first stretch is there to warm up.
            for calls in [2 * CALLS, CALLS, 2 * CALLS] {
                caller.call(traffic, calls)?;
                caller.mark(&mut server)?;
            }
            rows.push(self.row(traffic, &server)?);
        }
        Ok(rows)
    }

    fn count_client(&self, profile: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let words = ["call", self.kind, self.protocol.name(), &address];
        let mut client = Counted::start(&words, profile)?;
        let (protocol, process) = (self.protocol, client.id());
        thread::spawn(move || {
            let served = listener.accept().map_err(Into::into);
            // What goes wrong here ends the connection, and the client says so.
            if let Err(error) = served.and_then(|(stream, _)| answer(stream, protocol, process)) {
                eprintln!("the client's peer: {error}");
            }
        });
        // It is ready.
        client.line()?;
        let mut rows = Vec::new();
        for traffic in self.protocol.traffic() {
            for _ in 0..3 {
                client.read_mark()?;
            }
            rows.push(self.row(traffic, &client)?);
        }
        Ok(rows)
    }

    fn row(&self, traffic: &Traffic, process: &Counted) -> Result<Row, Box<dyn Error>> {
        let name = [&self.words()[..], &[traffic.name]].concat().join(" ");
        Ok(Row { name, figures: process.per_call(CALLS)? })
    }
}
