//! Compares the server models: speed and memory.
//!
//! Servers and clients run on any CPU, as they do in use: some models gain from several.

use std::error::Error;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::RpcClient;

use crate::contenders::models::{MODELS, Model};
use crate::contenders::ours::add;
use crate::contenders::over::Over;
use crate::cpu;
use crate::memory::Memory;
use crate::server::Server;

/// How many connections models are compared with.
const CONNECTIONS: usize = 16;
const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_millis(500);

/// Starts a server of a model.
pub fn start(model: &Model) -> Result<Server, Box<dyn Error>> {
    Server::start_with(["model", model.name])
}

/// Is the server: what the new process does.
pub fn serve(name: &str) -> Result<(), Box<dyn Error>> {
    cpu::die_with_parent()?;
    let model = MODELS.iter().find(|model| model.name == name).ok_or("no model of this name")?;
    Ok(model.serve(Over::Tcp, |address| println!("{address}"))?)
}

/// Measures every model, in turn, and prints a table of the medians of the rounds.
pub fn compare() -> Result<(), Box<dyn Error>> {
    let mut samples = vec![Vec::new(); MODELS.len()];
    for _ in 0..ROUNDS {
        for (row, model) in MODELS.iter().enumerate() {
            samples[row].push(take(model)?);
        }
    }
    println!("add(1, 2, c=3), a call in flight on each connection; memory in MiB\n");
    println!(
        "{:<20}{:>8}{:>8}{:>13}{:>11}{:>10}{:>12}{:>10}{:>12}",
        "",
        "p50 µs",
        "p99 µs",
        "connections",
        "calls/s",
        "idle RSS",
        "loaded RSS",
        "idle PSS",
        "loaded PSS"
    );
    #[allow(clippy::cast_precision_loss)]
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    for (model, row) in MODELS.iter().zip(&samples) {
        let middle = |figure: &dyn Fn(&Sample) -> f64| median(row.iter().map(figure).collect());
        println!(
            "{:<20}{:>8.1}{:>8.1}{:>13}{:>11.0}{:>10.1}{:>12.1}{:>10.1}{:>12.1}",
            model.name,
            middle(&|sample| sample.p50),
            middle(&|sample| sample.p99),
            CONNECTIONS.min(model.connections),
            middle(&|sample| sample.rate),
            middle(&|sample| mib(sample.idle.resident)),
            middle(&|sample| mib(sample.loaded.resident)),
            middle(&|sample| mib(sample.idle.proportional)),
            middle(&|sample| mib(sample.loaded.proportional)),
        );
    }
    Ok(())
}

/// The figures of one sample.
#[derive(Clone)]
struct Sample {
    p50: f64,
    p99: f64,
    rate: f64,
    idle: Memory,
    loaded: Memory,
}

fn take(model: &Model) -> Result<Sample, Box<dyn Error>> {
    let server = start(model)?;
    // Processes that are made ahead are there by then.
    thread::sleep(Duration::from_millis(50));
    let idle = Memory::of_tree(server.id)?;

    let client = RpcClient::connect(server.address)?;
    let mut times = calls(&client);
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e6;
    let (p50, p99) = (at(50), at(99));
    drop(client);

    let clients = (0..CONNECTIONS.min(model.connections))
        .map(|_| RpcClient::connect(server.address))
        .collect::<Result<Vec<_>, _>>()?;
    let mut count = 0;
    let begun = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> =
            clients.iter().map(|client| scope.spawn(|| calls(client).len())).collect();
        count = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    });
    #[allow(clippy::cast_precision_loss)]
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    Ok(Sample { p50, p99, rate, idle, loaded: Memory::of_tree(server.id)? })
}

/// Makes one call after the other for a while, and returns how long each took.
fn calls(client: &RpcClient) -> Vec<Duration> {
    let mut times = Vec::new();
    let begun = Instant::now();
    let mut last = begun;
    while last - begun < TIME {
        assert_eq!(black_box(client).add(1, 2).c(3).call().unwrap(), 6);
        let now = Instant::now();
        times.push(now - last);
        last = now;
    }
    times
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
