//! The six server models, each as it is measured.

use std::net::SocketAddr;

use rpc_core::Error;
use rpc_core::server::{
    BoundServer, EventLoop, ForkPerConnection, Prefork, PreforkEventLoop, SingleThread,
    ThreadPerConnection,
};

use super::over::{Over, Server};

/// A server model.
pub struct Model {
    /// Its name in the tables.
    pub name: &'static str,
    /// How many connections it answers at one time, as far as anything here makes.
    pub connections: usize,
    serve: fn(Bound) -> Result<(), Error>,
}

type Bound = BoundServer<rpc_core::JsonRpc<rpc_core::FunctionRegistry>>;

/// Every model.
pub const MODELS: [&Model; 6] =
    [&SINGLE, &THREADS, &FORK, &PREFORK, &EVENT_LOOP, &PREFORK_EVENT_LOOP];

pub const SINGLE: Model =
    Model { name: "single", connections: 1, serve: |server| server.serve_with(SingleThread) };

pub const THREADS: Model = Model {
    name: "threads",
    connections: MANY,
    serve: |server| server.serve_with(ThreadPerConnection::default()),
};

pub const FORK: Model = Model {
    name: "fork",
    connections: MANY,
    // More than there are connections: those of the sample before may not be gone yet.
    serve: |server| server.serve_with(ForkPerConnection { max_children: 4 * MANY }),
};

pub const PREFORK: Model = Model {
    name: "prefork",
    connections: WORKERS,
    serve: |server| server.serve_with(Prefork::workers(WORKERS)),
};

pub const EVENT_LOOP: Model = Model {
    name: "event-loop",
    connections: MANY,
    serve: |server| server.serve_with(EventLoop::default()),
};

pub const PREFORK_EVENT_LOOP: Model = Model {
    name: "prefork-event-loop",
    connections: MANY,
    serve: |server| server.serve_with(PreforkEventLoop::workers(2)),
};

const MANY: usize = 64;
/// A worker for each of the connections that models are compared with.
const WORKERS: usize = 16;

impl Model {
    /// Serves `add` and `echo`, as [`Contender::serve`](super::Contender::serve) says.
    pub fn serve(&self, over: Over, announce: fn(SocketAddr)) -> Result<(), Error> {
        self.serve_with(over.server()?, announce)
    }

    /// The same by a server that has been made.
    pub fn serve_with(&self, server: Server, announce: fn(SocketAddr)) -> Result<(), Error> {
        let server = server.bind("127.0.0.1:0")?;
        // Always there, since it was a port that was asked for.
        server.address().socket_addr().into_iter().for_each(announce);
        (self.serve)(server)
    }
}
