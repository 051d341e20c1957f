//! What is measured: kinds of traffic.

use crate::cpu::SERVER_CPU;

/// One kind of traffic: an exchange that is repeated.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its short name.
    pub name: &'static str,
    /// A name that says what it is.
    pub title: &'static str,
    /// What happens in it.
    pub about: &'static str,
    /// The CPU the client runs on; servers run on [`SERVER_CPU`].
    pub client_cpu: usize,
    /// Connections it takes.
    pub connections: usize,
    /// Calls that are in flight at once on each.
    pub in_flight: usize,
    /// What is called.
    pub call: Call,
}

/// What an exchange calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `add(1, 2, c=3)`, on all connections.
    Add,
    /// `echo` with so many bytes of text, on the first.
    Echo(usize),
}

impl Scenario {
    /// Calls in one exchange.
    pub fn calls(&self) -> usize {
        self.connections * self.in_flight
    }
}

const BOTH_CPUS: usize = SERVER_CPU + 1;

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "L1",
        title: "One call in flight, one CPU",
        about: "add(1, 2, c=3), one call in flight, both ends on one CPU",
        client_cpu: SERVER_CPU,
        connections: 1,
        in_flight: 1,
        call: Call::Add,
    },
    Scenario {
        name: "P",
        title: "64 calls in flight on one connection",
        about: "add(1, 2, c=3), 64 calls in flight, each end on its own CPU; p50 is that of all 64, or of a call that has a task",
        client_cpu: BOTH_CPUS,
        connections: 1,
        in_flight: 64,
        call: Call::Add,
    },
    Scenario {
        name: "C",
        title: "64 connections, one call in flight on each",
        about: "add(1, 2, c=3), 64 connections with a call in flight on each; p50 is that of all 64, or of a call that has a task",
        client_cpu: BOTH_CPUS,
        connections: 64,
        in_flight: 1,
        call: Call::Add,
    },
    Scenario {
        name: "M",
        title: "16 connections, 16 calls in flight on each",
        about: "add(1, 2, c=3), 16 connections with 16 calls in flight on each; p50 is that of all 256, or of a call that has a task",
        client_cpu: BOTH_CPUS,
        connections: 16,
        in_flight: 16,
        call: Call::Add,
    },
    Scenario {
        name: "E64",
        title: "Echo of 64 B, one CPU",
        about: "echo of 64 B of text, one call in flight, both ends on one CPU",
        client_cpu: SERVER_CPU,
        ..echo(64)
    },
    Scenario {
        name: "E4K",
        title: "Echo of 4 KiB",
        about: "echo of 4 KiB of text, each end on its own CPU",
        ..echo(4 << 10)
    },
    Scenario {
        name: "E1M",
        title: "Echo of 1 MiB",
        about: "echo of 1 MiB of text, each end on its own CPU",
        ..echo(1 << 20)
    },
];

const fn echo(bytes: usize) -> Scenario {
    Scenario {
        name: "",
        title: "",
        about: "",
        client_cpu: BOTH_CPUS,
        connections: 1,
        in_flight: 1,
        call: Call::Echo(bytes),
    }
}
