//! The ways to run a server, so that one test can go through all of them.

use std::thread;

use rpc_core::layer::Answer;
use rpc_core::server::{EventLoop, Listen, ServerHandle, SingleThread, ThreadPerConnection};
use rpc_core::{Error, TcpServer};

/// A way to run a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// One connection after another.
    SingleThread,
    /// A thread for each connection.
    ThreadPerConnection,
    /// Every connection at once, on one thread.
    EventLoop,
}

impl Model {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::SingleThread, Self::ThreadPerConnection, Self::EventLoop];

    /// Those that serve several connections at the same time.
    pub const CONCURRENT: [Self; 2] = [Self::ThreadPerConnection, Self::EventLoop];

    /// Runs a test with every one of them, all at the same time since such tests mostly wait.
    pub fn each(test: impl Fn(Self) + Sync) {
        thread::scope(|scope| {
            for model in Self::ALL {
                let test = &test;
                scope.spawn(move || test(model));
            }
        });
    }

    /// Starts a server on a free port.
    pub fn start<A: Answer>(self, server: TcpServer<A>) -> ServerHandle {
        self.start_at("127.0.0.1:0", server).expect("a free port")
    }

    /// Starts a server at an address.
    ///
    /// # Errors
    ///
    /// Where it cannot be listened at.
    pub fn start_at<A: Answer>(
        self,
        address: impl Listen,
        server: TcpServer<A>,
    ) -> Result<ServerHandle, Error> {
        match self {
            Self::SingleThread => server.start_with(address, SingleThread),
            Self::ThreadPerConnection => server.start_with(address, ThreadPerConnection::default()),
            Self::EventLoop => server.start_with(address, EventLoop::default()),
        }
    }
}
