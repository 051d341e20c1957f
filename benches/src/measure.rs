//! One sample: an exchange repeated for a while, with its figures.

use std::error::Error;
use std::time::{Duration, Instant};

use crate::contenders::{Contender, Exchanges};
use crate::cpu::{self, CpuClock, SERVER_CPU};
use crate::scenario::Scenario;
use crate::server::Server;

/// The figures of one sample.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Microseconds of the middle exchange.
    pub p50: f64,
    /// Microseconds of the server's CPU time for a call.
    pub server_cpu: f64,
    /// Microseconds of the client's CPU time for a call.
    pub client_cpu: f64,
    /// Calls in a second.
    pub rate: f64,
    /// Whether others had too much of the CPUs meanwhile.
    pub disturbed: bool,
}

/// The share of the CPUs that others may have during a sample.
const OTHERS: f64 = 0.05;
/// How exactly it is known.
const TICK: f64 = 0.01;

/// Takes a sample while nobody else used the CPUs.
///
/// A sample is disturbed, and taken again once where that may be, when programs other than the two,
/// or the hypervisor, had more than 5 % of the time of the CPUs that it ran on, and the 10 ms it is known to.
pub fn undisturbed(
    scenario: &Scenario,
    contender: &dyn Contender,
    server: &Server,
    time: Duration,
    may_retry: bool,
) -> Result<Sample, Box<dyn Error>> {
    let sample = take(scenario, contender, server, time)?;
    if sample.disturbed && may_retry { take(scenario, contender, server, time) } else { Ok(sample) }
}

fn take(
    scenario: &Scenario,
    contender: &dyn Contender,
    server: &Server,
    time: Duration,
) -> Result<Sample, Box<dyn Error>> {
    // Before connecting, so that threads the client starts are pinned with it.
    cpu::pin(scenario.client_cpu)?;
    let mut clients = contender.connect(server.address, scenario.connections)?;
    clients.exchanges(scenario, time / 10);

    let mut cpus = vec![SERVER_CPU, scenario.client_cpu];
    cpus.dedup();
    let own = CpuClock::own();
    let busy = cpu::busy(&cpus)?;
    let (server_before, client_before) = (server.cpu.read()?, own.read()?);
    let begun = Instant::now();
    let Exchanges { mut times, calls } = clients.exchanges(scenario, time);
    let elapsed = begun.elapsed();
    let server_cpu = server.cpu.read()?.saturating_sub(server_before);
    let client_cpu = own.read()?.saturating_sub(client_before);
    let others = cpu::busy(&cpus)?.saturating_sub(busy).saturating_sub(server_cpu + client_cpu);

    let middle = times.len() / 2;
    let p50 = *times.select_nth_unstable(middle).1;
    #[allow(clippy::cast_precision_loss)]
    let calls = (times.len() * calls) as f64;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(Sample {
        p50: micros(p50),
        server_cpu: micros(server_cpu) / calls,
        client_cpu: micros(client_cpu) / calls,
        rate: calls / elapsed.as_secs_f64(),
        disturbed: others.as_secs_f64()
            > TICK + OTHERS * elapsed.as_secs_f64() * f64::from(u8::try_from(cpus.len())?),
    })
}
