//! Compares what an item of a stream costs: many items that a server sends in answer to one call.

mod item;
mod json;
#[cfg(feature = "peers")]
mod jsonrpsee;
pub mod memory;
mod ours;
mod ours_async;
mod raw;
#[cfg(feature = "peers")]
mod tonic;

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::cpu::{self, CpuClock, SERVER_CPU};
use crate::server::Server;

use item::Kind;

/// A way to send many items in answer to one call.
trait Streamer: Sync {
    /// Its name in the tables.
    fn name(&self) -> &'static str;

    /// Serves streams of both kinds on this thread, for ever, at a free port of 127.0.0.1 that it announces when it
    /// listens.
    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>>;

    /// Connects a client.
    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Reader>, Box<dyn Error>>;
}

/// A connection on which streams are read, one after the other.
trait Reader {
    /// Reads a stream of so many items. One that is not right is a panic, where they are looked at.
    fn read(&mut self, kind: Kind, count: u32);
}

const STREAMERS: &[&dyn Streamer] = &[
    &raw::Raw,
    &json::Json,
    &ours::Ours,
    &ours_async::OursAsync,
    #[cfg(feature = "peers")]
    &tonic::Tonic,
    #[cfg(feature = "peers")]
    &jsonrpsee::Jsonrpsee,
];

const CLIENT_CPU: usize = SERVER_CPU + 1;
const ROUNDS: usize = 3;
/// Items of a stream, and how long streams are read for a sample.
const ITEMS: u32 = 100_000;
const TIME: Duration = Duration::from_millis(500);

/// The figures of one sample.
struct Sample {
    /// Items in a second.
    rate: f64,
    /// Microseconds of CPU time for an item.
    server: f64,
    client: f64,
    /// The share of the two CPUs that others had meanwhile.
    others: f64,
}

/// Is the server: what the new process does.
pub fn serve(name: &str) -> Result<(), Box<dyn Error>> {
    cpu::die_with_parent()?;
    cpu::pin(SERVER_CPU)?;
    named(name)?.serve(|address| println!("{address}"))
}

/// Has every one send a few items of each kind, which are checked.
pub fn smoke() -> Result<(), Box<dyn Error>> {
    for streamer in STREAMERS {
        let server = Server::start_with(["stream-server", streamer.name()])?;
        let mut reader = streamer.connect(server.address)?;
        for kind in [Kind::Numbers, Kind::Records] {
            for count in [0, 1, 10_000] {
                reader.read(kind, count);
            }
        }
        println!("{}: every item of a stream is right", streamer.name());
    }
    Ok(())
}

/// Measures those of these names, or all, and prints a table for each kind of items.
pub fn compare(names: &[&str]) -> Result<(), Box<dyn Error>> {
    cpu::pin(CLIENT_CPU)?;
    let streamers = if names.is_empty() {
        STREAMERS.to_vec()
    } else {
        names.iter().map(|name| named(name)).collect::<Result<_, _>>()?
    };
    println!(
        "streams of {ITEMS} items, one at a time: medians of {ROUNDS} samples, and the worst of them"
    );
    for kind in [Kind::Numbers, Kind::Records] {
        let start = |&streamer: &&'static dyn Streamer| {
            let server = Server::start_with(["stream-server", streamer.name()])?;
            Ok::<_, Box<dyn Error>>((streamer, server, Vec::with_capacity(ROUNDS)))
        };
        let mut rows = streamers.iter().map(start).collect::<Result<Vec<_>, _>>()?;
        for _ in 0..ROUNDS {
            for (streamer, server, samples) in &mut rows {
                samples.push(sample(*streamer, server, kind)?);
            }
        }
        println!("\n{}", kind.about());
        println!(
            "{:<24}{:>12}{:>12}{:>12}{:>9}{:>12}{:>9}{:>9}",
            "", "items/s", "worst", "server µs", "worst", "client µs", "worst", "others"
        );
        for (streamer, _, samples) in &rows {
            let sorted = |of: fn(&Sample) -> f64| {
                let mut figures: Vec<f64> = samples.iter().map(of).collect();
                figures.sort_by(f64::total_cmp);
                figures
            };
            let [rates, servers, clients, others] = [
                sorted(|s| s.rate),
                sorted(|s| s.server),
                sorted(|s| s.client),
                sorted(|s| s.others),
            ];
            let (middle, last) = (ROUNDS / 2, ROUNDS - 1);
            println!(
                "{:<24}{:>12.0}{:>12.0}{:>12.3}{:>9.3}{:>12.3}{:>9.3}{:>8.0}%",
                streamer.name(),
                rates[middle],
                rates[0],
                servers[middle],
                servers[last],
                clients[middle],
                clients[last],
                others[last] * 100.0,
            );
        }
    }
    Ok(())
}

/// Reads streams for a while.
fn sample(streamer: &dyn Streamer, server: &Server, kind: Kind) -> Result<Sample, Box<dyn Error>> {
    let mut reader = streamer.connect(server.address)?;
    reader.read(kind, ITEMS / 10);
    let own = CpuClock::own();
    let cpus = [SERVER_CPU, CLIENT_CPU];
    let busy = cpu::busy(&cpus)?;
    let (server_before, client_before) = (server.cpu.read()?, own.read()?);
    let begun = Instant::now();
    let mut items = 0.0;
    while begun.elapsed() < TIME {
        reader.read(kind, ITEMS);
        items += f64::from(ITEMS);
    }
    let elapsed = begun.elapsed();
    let server = server.cpu.read()?.saturating_sub(server_before);
    let client = own.read()?.saturating_sub(client_before);
    let others = cpu::busy(&cpus)?.saturating_sub(busy).saturating_sub(server + client);
    Ok(Sample {
        rate: items / elapsed.as_secs_f64(),
        server: server.as_secs_f64() * 1e6 / items,
        client: client.as_secs_f64() * 1e6 / items,
        others: others.as_secs_f64() / elapsed.as_secs_f64() / 2.0,
    })
}

fn named(name: &str) -> Result<&'static dyn Streamer, String> {
    let names = || STREAMERS.iter().map(|known| known.name()).collect::<Vec<_>>().join(", ");
    let known = STREAMERS.iter().find(|known| known.name() == name);
    known.copied().ok_or_else(|| format!("`{name}` is none of {}", names()))
}
