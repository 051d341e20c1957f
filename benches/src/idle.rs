//! Compares what an idle connection costs a server in memory.

use std::error::Error;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::contenders::{self, Contender};
use crate::descriptors;
use crate::memory::Memory;
use crate::server::Server;

const CONNECTIONS: usize = 1000;
/// What servers are measured where none is named: those that have many connections on a thread.
const USUAL: &[&str] = &[
    "ours-async",
    "ours-http",
    "ours-websocket",
    "tarpc-bincode",
    "tonic",
    "jsonrpsee-websocket",
    "axum",
];

/// Measures the servers of these names, or the usual, and prints a table.
pub fn compare(names: &[&str]) -> Result<(), Box<dyn Error>> {
    descriptors::raise()?;
    println!("bytes of a server's RSS for each of {CONNECTIONS} connections\n");
    println!("{:<28}{:>12}{:>16}{:>14}", "", "accepted", "after a call", "before all");
    for &name in if names.is_empty() { USUAL } else { names } {
        let Some(contender) = contenders::named(name) else {
            println!("skipped: {name}: not in this build");
            continue;
        };
        let before = Idle::start(contender)?.resident()?;
        let (accepted, called) = (accepted(contender)?, called(contender)?);
        println!("{name:<28}{accepted:>12}{called:>16}{before:>14}");
    }
    Ok(())
}

/// What a connection adds to a server's memory before anything is sent on it.
fn accepted(contender: &dyn Contender) -> Result<usize, Box<dyn Error>> {
    let server = Idle::start(contender)?;
    let before = server.resident()?;
    let connect = |_| TcpStream::connect(server.0.address);
    let _connections = (0..CONNECTIONS).map(connect).collect::<Result<Vec<_>, _>>()?;
    Ok(server.resident()?.saturating_sub(before) / CONNECTIONS)
}

/// The same after a call, and the handshake where there is one.
fn called(contender: &dyn Contender) -> Result<usize, Box<dyn Error>> {
    let server = Idle::start(contender)?;
    let before = server.resident()?;
    let mut clients = contender.connect(server.0.address, CONNECTIONS)?;
    clients.add(1);
    Ok(server.resident()?.saturating_sub(before) / CONNECTIONS)
}

/// A server that has answered a call: what is made once is there.
struct Idle(Server);

impl Idle {
    fn start(contender: &dyn Contender) -> Result<Self, Box<dyn Error>> {
        let server = Server::start(contender)?;
        contender.connect(server.address, 1)?.add(1);
        Ok(Self(server))
    }

    /// Its memory when it has nothing left to do.
    fn resident(&self) -> Result<usize, Box<dyn Error>> {
        thread::sleep(Duration::from_millis(300));
        Ok(Memory::of_tree(self.0.id)?.resident)
    }
}
