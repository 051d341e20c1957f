//! One sample: a server of its own under a load for a while, with its figures.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use crate::cpu::{self, CpuClock};
use crate::memory::Memory;
use crate::server::Server;
use crate::tree;

use super::load::{Clients, Load};
use super::server::Form;

/// The figures of one sample.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Calls in a second.
    pub rate: f64,
    /// Microseconds of the middle call.
    pub p50: f64,
    /// Microseconds that one call of a hundred takes longer than.
    pub p99: f64,
    /// Microseconds of CPU time for a call, of all the server's processes.
    pub server_cpu: f64,
    /// The server's memory before there was a connection.
    pub idle: Memory,
    /// Its memory after the calls, with the connections open.
    pub loaded: Memory,
    /// Whether others had too much of the CPUs meanwhile.
    pub disturbed: bool,
}

/// The share of the CPUs that others may have during a sample.
const OTHERS: f64 = 0.05;

/// Takes a sample of a server that is started for it.
pub fn take(form: Form, load: Load, time: Duration) -> Result<Sample, Box<dyn Error>> {
    let server = Server::start_with(form.words())?;
    // Processes that are made ahead are there by then.
    thread::sleep(Duration::from_millis(50));
    let idle = Memory::of_tree(server.id)?;
    let mut clients = Clients::connect(server.address, load, time)?;

    let clocks = tree::of(server.id)?.into_iter().map(CpuClock::of);
    let clocks = clocks.collect::<Result<Vec<_>, _>>()?;
    let used = || clocks.iter().map(CpuClock::read).sum::<Result<Duration, _>>();
    let own = CpuClock::own();
    let cpus: Vec<usize> = match load.cpu {
        Some(cpu) if form.pinned => vec![cpu::SERVER_CPU, cpu],
        _ => (0..thread::available_parallelism()?.get()).collect(),
    };
    let (busy, server_before, own_before) = (cpu::busy(&cpus)?, used()?, own.read()?);
    let begun = Instant::now();
    let mut times = clients.call()?;
    let elapsed = begun.elapsed().as_secs_f64();
    let server_cpu = used()?.saturating_sub(server_before);
    let ours = server_cpu + own.read()?.saturating_sub(own_before);
    let others = cpu::busy(&cpus)?.saturating_sub(busy).saturating_sub(ours).as_secs_f64();
    let loaded = Memory::of_tree(server.id)?;
    clients.close()?;

    let (middle, late) = (times.len() / 2, times.len() * 99 / 100);
    let p50 = micros(*times.select_nth_unstable(middle).1);
    let p99 = micros(*times.select_nth_unstable(late).1);
    #[allow(clippy::cast_precision_loss)]
    let (calls, cpus) = (times.len() as f64, cpus.len() as f64);
    Ok(Sample {
        rate: calls / elapsed,
        p50,
        p99,
        server_cpu: micros(server_cpu) / calls,
        idle,
        loaded,
        disturbed: others > OTHERS * elapsed * cpus,
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
