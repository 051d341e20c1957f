//! What an open stream costs a server in memory: one whose reader takes nothing, on an event loop.

use std::error::Error;
use std::thread;
use std::time::Duration;

use rpc_core::protocol::Limits;
use rpc_core::{RpcClient, RpcServer, TcpServer};

use crate::contenders::models::EVENT_LOOP;
use crate::cpu;
use crate::memory::Memory;
use crate::server::Server;

use super::ours::numbers;

const STREAMS: usize = 10_000;
const CONNECTIONS: usize = 4;

/// Is the server: what the new process does.
pub fn serve() -> Result<(), Box<dyn Error>> {
    cpu::die_with_parent()?;
    let limits = Limits { max_streams: STREAMS, ..Limits::default() };
    let server: TcpServer<_> = RpcServer::exported().limits(limits);
    Ok(EVENT_LOOP.serve_with(server, |address| println!("{address}"))?)
}

/// Measures it, and prints a line.
pub fn measure() -> Result<(), Box<dyn Error>> {
    let server = Server::start_with(["stream-memory-server"])?;
    // Each stream is sent one item, and then waits for its reader.
    let connect =
        |_| RpcClient::builder().stream_window(1, 1).connect(format!("tcp://{}", server.address));
    let clients = (0..CONNECTIONS).map(connect).collect::<Result<Vec<_>, _>>()?;
    for client in &clients {
        client.numbers(3).call()?.for_each(drop);
    }
    let resident = || {
        thread::sleep(Duration::from_millis(500));
        Memory::of_tree(server.id).map(|memory| memory.resident)
    };
    let before = resident()?;
    let mut streams = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS / CONNECTIONS {
        for client in &clients {
            streams.push(client.numbers(u32::MAX).call()?);
        }
    }
    for client in &clients {
        // It comes last, so all that were opened before it have begun.
        client.numbers(1).call()?.for_each(drop);
    }
    let after = resident()?;
    println!(
        "{STREAMS} open streams on {CONNECTIONS} connections: {} bytes of the server's RSS for each",
        after.saturating_sub(before) / STREAMS
    );
    Ok(())
}
