//! Compares what a new connection costs, with its handshake where there is one.

use std::error::Error;
use std::time::{Duration, Instant};

use crate::contenders::{self, Contender};
use crate::cpu::{self, SERVER_CPU};
use crate::server::Server;

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(1);
/// Who is measured where none is named, the same without TLS before it.
const USUAL: &[&str] = &["ours", "ours-tls", "ours-async", "ours-async-tls", "tonic", "tonic-tls"];

/// What a connection costs with its first call, in microseconds.
struct Cost {
    all: f64,
    server_cpu: f64,
}

/// Measures the contenders of these names, or the usual, and prints a table of the medians of the rounds.
///
/// Each client is made anew, so that none has a session to resume, and makes one call. Servers have a CPU of their own.
pub fn compare(names: &[&str]) -> Result<(), Box<dyn Error>> {
    let names = if names.is_empty() { USUAL } else { names };
    let found = names.iter().filter_map(|name| contenders::named(name));
    let start = |contender| Ok::<_, Box<dyn Error>>((contender, Server::start(contender)?, vec![]));
    let mut rows = found.map(start).collect::<Result<Vec<_>, _>>()?;
    cpu::pin(SERVER_CPU + 1)?;
    for _ in 0..ROUNDS {
        for (contender, server, costs) in &mut rows {
            costs.push(take(*contender, server)?);
        }
    }
    println!("a new connection and a call, one after the other; each end on its own CPU\n");
    println!("{:<20}{:>16}{:>12}{:>24}", "", "connections/s", "µs", "server's CPU time, µs");
    for (contender, _, costs) in &rows {
        let middle = |figure: fn(&Cost) -> f64| {
            let mut figures: Vec<_> = costs.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        let (all, server_cpu) = (middle(|cost| cost.all), middle(|cost| cost.server_cpu));
        println!("{:<20}{:>16.0}{all:>12.0}{server_cpu:>24.0}", contender.name(), 1e6 / all);
    }
    Ok(())
}

fn take(contender: &dyn Contender, server: &Server) -> Result<Cost, Box<dyn Error>> {
    let (mut count, before, begun) = (0_u32, server.cpu.read()?, Instant::now());
    while begun.elapsed() < TIME {
        contender.connect(server.address, 1)?.add(1);
        count += 1;
    }
    let (all, server_cpu) = (begun.elapsed(), server.cpu.read()?.saturating_sub(before));
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(count);
    Ok(Cost { all: each(all), server_cpu: each(server_cpu) })
}
