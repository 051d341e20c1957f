//! What is measured: kinds of traffic.

use crate::contenders::Client;
use crate::cpu::SERVER_CPU;

/// One kind of traffic: an exchange that is repeated.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its short name.
    pub name: &'static str,
    /// What happens in it.
    pub about: &'static str,
    /// The CPU the client runs on; servers run on [`SERVER_CPU`].
    pub client_cpu: usize,
    /// Connections it takes.
    pub connections: usize,
    /// Calls in one exchange.
    pub calls: usize,
    /// Makes the calls of one exchange and waits for their results.
    pub exchange: fn(&mut [Box<dyn Client>]),
}

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "L1",
        about: "add(1, 2, c=3), one call in flight, both ends on one CPU",
        client_cpu: SERVER_CPU,
        connections: 1,
        calls: 1,
        exchange: |clients| clients[0].add(),
    },
    Scenario {
        name: "P",
        about: "add(1, 2, c=3), 64 calls in flight, each end on its own CPU; p50 is that of all 64",
        client_cpu: SERVER_CPU + 1,
        connections: 1,
        calls: 64,
        exchange: |clients| clients[0].add_many(64),
    },
    Scenario {
        name: "C",
        about: "add(1, 2, c=3), 64 connections with a call in flight on each; p50 is that of all 64",
        client_cpu: SERVER_CPU + 1,
        connections: 64,
        calls: 64,
        exchange: |clients| {
            for client in &mut *clients {
                client.begin_add();
            }
            for client in clients {
                client.end_add();
            }
        },
    },
    Scenario {
        name: "E",
        about: "echo of 1 MiB of text, each end on its own CPU",
        client_cpu: SERVER_CPU + 1,
        connections: 1,
        calls: 1,
        exchange: |clients| clients[0].echo(),
    },
];
