//! Ours: exported functions and their typed stubs.

use std::error::Error;
use std::net::SocketAddr;

use rpc_core::{Error as RpcError, Pending, RpcClient, Socket, rpc_export};

use super::models::Model;
use super::{Client, Contender, TEXT};

#[rpc_export]
pub fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

#[rpc_export]
pub fn echo(text: &str) -> &str {
    text
}

/// The blocking client, and a server of any model.
pub struct Ours {
    pub name: &'static str,
    pub model: &'static Model,
}

impl Contender for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        Ok(self.model.serve(announce)?)
    }

    fn connections(&self) -> usize {
        self.model.connections
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Client>, Box<dyn Error>> {
        Ok(Box::new(BlockingClient { client: RpcClient::connect(address)?, begun: None }))
    }
}

struct BlockingClient {
    client: RpcClient,
    begun: Option<Pending<Socket, i64, RpcError>>,
}

impl Client for BlockingClient {
    fn begin_add(&mut self) {
        self.begun = Some(self.client.add(1, 2).c(3).start().unwrap());
    }

    fn end_add(&mut self) {
        assert_eq!(self.begun.take().unwrap().wait().unwrap(), 6);
    }

    fn add(&mut self) {
        assert_eq!(self.client.add(1, 2).c(3).call().unwrap(), 6);
    }

    fn add_many(&mut self, calls: usize) {
        let burst = self.client.burst();
        let calls: Vec<_> =
            (0..calls).map(|_| self.client.add(1, 2).c(3).start().unwrap()).collect();
        drop(burst);
        for call in calls {
            assert_eq!(call.wait().unwrap(), 6);
        }
    }

    fn echo(&mut self) {
        assert!(self.client.echo(&TEXT).call().unwrap() == *TEXT);
    }
}
