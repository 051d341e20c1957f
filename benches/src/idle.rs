//! Compares what an idle connection costs a server in memory.

use std::error::Error;
use std::thread;
use std::time::Duration;

use crate::contenders::{self, Contender};
use crate::cpu;
use crate::memory::Memory;
use crate::server::Server;

const CONNECTIONS: usize = 1000;
const ROUNDS: usize = 3;
/// What servers are measured where none is named: those that have many connections on a thread.
const USUAL: [&str; 7] = [
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
    cpu::allow_descriptors(4 * CONNECTIONS)?;
    let names = if names.is_empty() { &USUAL } else { names };
    println!("{CONNECTIONS} connections that have had one call each; bytes of a server's RSS\n");
    println!("{:<24}{:>16}{:>14}", "", "a connection", "before");
    for name in names {
        let Some(contender) = contenders::named(name) else {
            println!("skipped: {name}: not in this build");
            continue;
        };
        let mut samples = (0..ROUNDS).map(|_| take(contender)).collect::<Result<Vec<_>, _>>()?;
        samples.sort_unstable();
        let (each, before) = samples[ROUNDS / 2];
        println!("{name:<24}{each:>16}{before:>14}");
    }
    Ok(())
}

/// What a connection adds to the memory of a server, and what that had before.
fn take(contender: &dyn Contender) -> Result<(usize, usize), Box<dyn Error>> {
    let server = Server::start(contender)?;
    let settle = || thread::sleep(Duration::from_millis(200));
    // Everything that is made once is there afterwards.
    let mut first = contender.connect(server.address, 1)?;
    first.add(1);
    settle();
    let before = Memory::of_tree(server.id)?.resident;
    let mut clients = contender.connect(server.address, CONNECTIONS)?;
    clients.add(1);
    settle();
    let after = Memory::of_tree(server.id)?.resident;
    Ok((after.saturating_sub(before) / CONNECTIONS, before))
}
