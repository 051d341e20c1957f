//! Ours: exported functions and their typed stubs.

use std::error::Error;
use std::net::SocketAddr;

use rpc_core::{RpcClient, RpcServer, rpc_export};

use super::{Client, Contender, TEXT};

#[rpc_export]
fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

#[rpc_export]
fn echo(text: &str) -> &str {
    text
}

/// The blocking client, and a server with a thread for each connection.
pub struct ThreadServer;

impl Contender for ThreadServer {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        let server = RpcServer::exported().start("127.0.0.1:0")?;
        announce(server.address());
        Ok(server.wait()?)
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Client>, Box<dyn Error>> {
        Ok(Box::new(BlockingClient(RpcClient::connect(address)?)))
    }
}

struct BlockingClient(RpcClient);

impl Client for BlockingClient {
    fn add(&mut self) {
        assert_eq!(self.0.add(1, 2).c(3).call().unwrap(), 6);
    }

    fn add_many(&mut self, calls: usize) {
        let burst = self.0.burst();
        let calls: Vec<_> = (0..calls).map(|_| self.0.add(1, 2).c(3).start().unwrap()).collect();
        drop(burst);
        for call in calls {
            assert_eq!(call.wait().unwrap(), 6);
        }
    }

    fn echo(&mut self) {
        assert!(self.0.echo(&TEXT).call().unwrap() == *TEXT);
    }
}
