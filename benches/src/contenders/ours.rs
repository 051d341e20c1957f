//! Ours: exported functions and their typed stubs.

use std::error::Error;
use std::net::SocketAddr;

use rpc_core::{RpcClient, rpc_export};

use super::models::Model;
use super::over::Over;
use super::{Clients, Contender, Kind};
use crate::scenario::Scenario;

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
    pub over: Over,
}

impl Contender for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        Kind::Ours
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        Ok(self.model.serve(self.over, announce)?)
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        let scheme = self.over.scheme("tcp");
        let connect = |_| self.over.client()?.connect(format!("{scheme}://{address}"));
        let clients = (0..connections).map(connect).collect::<Result<_, _>>()?;
        Ok(Box::new(BlockingClients(clients)))
    }

    fn cannot(&self, scenario: &Scenario) -> Option<&'static str> {
        (scenario.connections > self.model.connections)
            .then_some("its model answers fewer connections at one time")
    }
}

struct BlockingClients(Vec<RpcClient>);

impl Clients for BlockingClients {
    fn add(&mut self, in_flight: usize) {
        if let ([client], 1) = (&self.0[..], in_flight) {
            assert_eq!(client.add(1, 2).c(3).call().unwrap(), 6);
            return;
        }
        let mut calls = Vec::with_capacity(self.0.len() * in_flight);
        for client in &self.0 {
            let burst = client.burst();
            calls.extend((0..in_flight).map(|_| client.add(1, 2).c(3).start().unwrap()));
            drop(burst);
        }
        for call in calls {
            assert_eq!(call.wait().unwrap(), 6);
        }
    }

    fn echo(&mut self, text: &str) {
        assert!(self.0[0].echo(text).call().unwrap() == text);
    }
}
