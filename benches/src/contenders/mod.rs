//! The contenders. To add one, add a file that implements [`Contender`] and a line to [`all`].

pub mod asynchronous;
pub mod frames;
mod json;
mod json_mux;
pub mod models;
pub mod ours;
mod ours_async;
pub mod over;
#[cfg(feature = "peers")]
mod peers;
#[cfg(not(feature = "peers"))]
#[path = "without_peers.rs"]
mod peers;
mod raw;
mod raw_epoll;
mod raw_tokio;
mod redis;
#[cfg(not(feature = "tls"))]
#[path = "without_tls.rs"]
mod tls;
#[cfg(feature = "tls")]
mod tls;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rpc_core::client::Dialect;

use crate::scenario::{Call, Scenario};
use ours_async::{OursAsync, Together};
use over::Over;

/// A way to call functions over TCP.
pub trait Contender: Sync {
    /// Its name in the tables.
    fn name(&self) -> &'static str;

    /// What it is measured for.
    fn kind(&self) -> Kind;

    /// Serves `add` and `echo` on this thread, for ever, at a free port of 127.0.0.1 that it
    /// announces when it listens.
    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>>;

    /// Connects so many clients.
    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>>;

    /// What this machine lacks to run it.
    fn missing(&self) -> Option<&'static str> {
        None
    }

    /// Why it takes no part in a scenario.
    fn cannot(&self, _: &Scenario) -> Option<&'static str> {
        None
    }

    /// In what it differs from the others in a scenario.
    fn note(&self, _: &Scenario) -> Option<&'static str> {
        None
    }
}

/// What a contender is measured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What the operating system and the least work cost: no way to call functions.
    Floor,
    /// This framework.
    Ours,
    /// Another one.
    Peer,
}

/// Connections to a contender's server. A result that is not right is a panic.
pub trait Clients {
    /// Calls `add(1, 2, c=3)` so many times on every connection, all of them in flight at once.
    fn add(&mut self, in_flight: usize);

    /// Calls `echo` on the first connection.
    fn echo(&mut self, text: &str);

    /// Makes calls for so long: exchanges, one after the other, where nothing else is said.
    fn exchanges(&mut self, scenario: &Scenario, time: Duration) -> Exchanges {
        let mut times = Vec::with_capacity(1 << 20);
        let begun = Instant::now();
        let mut last = begun;
        while last - begun < time {
            match scenario.call {
                Call::Add => self.add(scenario.in_flight),
                Call::Echo(bytes) => self.echo(text(bytes)),
            }
            let now = Instant::now();
            times.push(now - last);
            last = now;
        }
        Exchanges { times, calls: scenario.calls() }
    }
}

/// What was done for a while.
pub struct Exchanges {
    /// How long each exchange took.
    pub times: Vec<Duration>,
    /// Calls in an exchange.
    pub calls: usize,
}

/// Every contender, the usual ones first.
pub fn all() -> Vec<&'static dyn Contender> {
    [USUAL, peers::ALL, peers::WITH_OURS, MODELS, tls::ALL].concat()
}

/// The contender of this name.
pub fn named(name: &str) -> Option<&'static dyn Contender> {
    all().into_iter().find(|contender| contender.name() == name)
}

/// Those that are measured where none is named. The others are compared with the first.
pub fn usual() -> Vec<&'static dyn Contender> {
    [USUAL, peers::ALL].concat()
}

const USUAL: &[&dyn Contender] = &[
    &raw::Raw,
    &raw_epoll::RawEpoll,
    &raw_tokio::RawTokio,
    &json::Json,
    &json_mux::JsonMux,
    &redis::Redis,
    &ours::Ours { name: "ours", model: &models::THREADS, over: Over::Tcp },
    &OursAsync::new("ours-async", "tcp", Dialect::Native, Together::Shared),
    &OursAsync::new("ours-json-rpc", "tcp", Dialect::JsonRpc, Together::Shared),
    &OursAsync::new("ours-http", "http", Dialect::JsonRpc, Together::Pool),
    &OursAsync::new("ours-batch", "http", Dialect::JsonRpc, Together::Batch),
    &OursAsync::new("ours-websocket", "ws", Dialect::JsonRpc, Together::Shared),
];

const MODELS: &[&dyn Contender] = &[
    &ours::Ours { name: "ours-single", model: &models::SINGLE, over: Over::Tcp },
    &ours::Ours { name: "ours-fork", model: &models::FORK, over: Over::Tcp },
    &ours::Ours { name: "ours-prefork", model: &models::PREFORK, over: Over::Tcp },
    &ours::Ours { name: "ours-event-loop", model: &models::EVENT_LOOP, over: Over::Tcp },
    &ours::Ours {
        name: "ours-prefork-event-loop",
        model: &models::PREFORK_EVENT_LOOP,
        over: Over::Tcp,
    },
];

/// Text of so many bytes, 8 MiB at most, that stands in JSON as it is.
pub fn text(bytes: usize) -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        "The quick brown fox jumps over the lazy dog; ".repeat((8 << 20) / 45 + 1)
    });
    &TEXT[..bytes]
}
