//! Compares the CPU time of servers that count, by `.stats()`, with that of servers that do not.
//!
//! Two servers that differ in nothing else take short turns, and are made anew for each pair of samples: where a
//! process lies in memory makes a greater difference than counting does, and so does what the machine does meanwhile.

use std::error::Error;
use std::time::Duration;

use rpc_core::RpcServer;

use crate::contenders::models::{EVENT_LOOP, MODELS, Model, THREADS};
use crate::contenders::{self, Contender};
use crate::cpu::{self, SERVER_CPU};
use crate::scenario::{SCENARIOS, Scenario};
use crate::server::Server;

const PAIRS: usize = 31;
/// Turns of each server in a sample, and how long one is.
const TURNS: usize = 40;
const TURN: Duration = Duration::from_millis(10);

/// A server's model, who calls it, and how.
struct Row {
    title: &'static str,
    model: &'static Model,
    client: &'static str,
    scenario: &'static str,
}

const ROWS: &[Row] = &[
    row("a lone call, a thread for each connection", &THREADS, "ours", "L1"),
    row("a lone call, event loop", &EVENT_LOOP, "ours", "L1"),
    row("64 in flight, a thread for each connection", &THREADS, "ours", "P"),
    row("64 in flight, event loop", &EVENT_LOOP, "ours", "P"),
    row("a lone call by HTTP, event loop", &EVENT_LOOP, "ours-http", "L1"),
    row("a batch of 64 by HTTP, event loop", &EVENT_LOOP, "ours-batch", "P"),
];

const fn row(
    title: &'static str,
    model: &'static Model,
    client: &'static str,
    scenario: &'static str,
) -> Row {
    Row { title, model, client, scenario }
}

/// Is the server: what the new process does. `counts` is `yes` or `no`.
pub fn serve(model: &str, counts: &str) -> Result<(), Box<dyn Error>> {
    cpu::die_with_parent()?;
    cpu::pin(SERVER_CPU)?;
    let model = MODELS.iter().find(|known| known.name == model).ok_or("no model of this name")?;
    let server = RpcServer::exported();
    let server = if counts == "yes" { server.stats() } else { server };
    Ok(model.serve_with(server, |address| println!("{address}"))?)
}

/// Measures every row, and prints a table: medians of the pairs and of their ratios.
pub fn compare() -> Result<(), Box<dyn Error>> {
    println!("the server's CPU time for a call, user and system; {PAIRS} pairs of samples\n");
    println!(
        "{:<46}{:>13}{:>15}{:>9}{:>24}",
        "", "without, µs", "counting, µs", "more", "the middle half"
    );
    for row in ROWS {
        let client = contenders::named(row.client).ok_or("no client of this name")?;
        let scenario = SCENARIOS.iter().find(|known| known.name == row.scenario);
        let scenario = scenario.ok_or("no scenario of this name")?;
        let mut pairs = Vec::new();
        for _ in 0..PAIRS {
            pairs.push(pair(row, client, scenario)?);
        }
        let all = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).collect::<Vec<_>>();
        let more =
            |quarters| quarter(all(|(without, with)| (with / without - 1.0) * 100.0), quarters);
        println!(
            "{:<46}{:>13.3}{:>15.3}{:>+8.2}%{:>+12.2}% to {:>+5.2}%",
            row.title,
            quarter(all(|pair| pair.0), 2),
            quarter(all(|pair| pair.1), 2),
            more(2),
            more(1),
            more(3),
        );
    }
    Ok(())
}

/// The CPU time of a call in microseconds, without counting and with it: of the turn that others disturbed least,
/// who can only add to it.
fn pair(
    row: &Row,
    client: &dyn Contender,
    scenario: &Scenario,
) -> Result<(f64, f64), Box<dyn Error>> {
    // Before connecting, so that threads the client starts are pinned with it.
    cpu::pin(scenario.client_cpu)?;
    let start = |counts| {
        let server = Server::start_with(["counting-server", row.model.name, counts])?;
        let mut clients = client.connect(server.address, scenario.connections)?;
        clients.exchanges(scenario, TURN);
        // In this order: a server waits for those who are connected when it is to end.
        Ok::<_, Box<dyn Error>>((clients, server, Vec::with_capacity(TURNS)))
    };
    let mut both = [start("no")?, start("yes")?];
    for _ in 0..TURNS {
        for (clients, server, costs) in &mut both {
            let before = server.cpu.read()?;
            let done = clients.exchanges(scenario, TURN);
            let used = server.cpu.read()?.saturating_sub(before);
            #[allow(clippy::cast_precision_loss)]
            let calls = (done.times.len() * done.calls) as f64;
            costs.push(used.as_secs_f64() * 1e6 / calls);
        }
    }
    let [without, with] = both.map(|(_, _, costs)| quarter(costs, 0));
    Ok((without, with))
}

/// What so many quarters of the figures do not exceed.
fn quarter(mut figures: Vec<f64>, quarters: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() * quarters / 4]
}
