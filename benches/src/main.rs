//! Measures `rpc-core` beside raw TCP and its peers, and prints a table for each scenario.
//!
//! A contender is a file in `contenders/`: how it serves, and how its client calls. Its server runs
//! in a process of its own, this program started once more as `benches server NAME`. Contenders
//! take turns within a round, so that what the machine does meanwhile befalls all of them, and each
//! figure is the median of the rounds. Only the ratios to raw TCP mean anything on another machine.

mod contenders;
mod cpu;
mod measure;
mod memory;
mod models;
mod plot;
mod scale;
mod scenario;
mod server;
mod smoke;
mod table;
mod tree;

use std::env;
use std::error::Error;
use std::time::Duration;

use contenders::{ALL, Contender, USUAL};
use measure::{Sample, undisturbed};
use scenario::{SCENARIOS, Scenario};
use server::Server;

const USAGE: &str = "usage: benches [--full] [CONTENDER or SCENARIO …] | models | scale | --smoke";

fn main() -> Result<(), Box<dyn Error>> {
    let mut words: Vec<String> = env::args().skip(1).collect();
    if let [command, name] = &words[..]
        && command == "server"
    {
        let contender = ALL.iter().find(|contender| contender.name() == name).ok_or(USAGE)?;
        return server::run(*contender);
    }
    match &words[..] {
        [command, name] if command == "model" => return models::serve(name),
        [command] if command == "models" => return models::compare(),
        [command, words @ ..] if command == "scale" => return scale::run(words),
        [command, words @ ..] if command == "scale-server" => return scale::serve(words),
        [command] if command == "--smoke" => return smoke::run(),
        _ => {}
    }
    let full = words.iter().any(|word| word == "--full");
    words.retain(|word| word != "--full");
    let contenders = chosen(ALL, &ALL[..USUAL], |contender| contender.name(), &mut words);
    let scenarios = chosen(SCENARIOS, SCENARIOS, |scenario| scenario.name, &mut words);
    if !words.is_empty() {
        return Err(USAGE.into());
    }
    // Odd, for the sake of medians; the time is shared out among all there is to measure.
    let (rounds, time) = if full { (15, 300) } else { (9, 25) };
    let samples = rounds * contenders.len() * scenarios.len();
    let time = Duration::from_secs(time) / u32::try_from(samples)?;
    let time = time.min(Duration::from_secs(1));

    for scenario in scenarios {
        let able = |contender: &&&dyn Contender| contender.connections() >= scenario.connections;
        let contenders: Vec<_> = contenders.iter().filter(able).copied().collect();
        let samples = compare(scenario, &contenders, rounds, time)?;
        table::print(scenario, &contenders, &samples);
    }
    Ok(())
}

/// Picks what is named among `words`, or the usual where nothing is.
fn chosen<T: Copy>(
    all: &[T],
    usual: &[T],
    name: fn(&T) -> &'static str,
    words: &mut Vec<String>,
) -> Vec<T> {
    let named = |item: &&T| words.iter().any(|word| word == name(item));
    let mut chosen: Vec<T> = all.iter().filter(named).copied().collect();
    words.retain(|word| !all.iter().any(|item| word == name(item)));
    if chosen.is_empty() {
        chosen.extend(usual);
    }
    chosen
}

/// Measures every contender once a round; the result has a row for each.
fn compare(
    scenario: Scenario,
    contenders: &[&dyn Contender],
    rounds: usize,
    time: Duration,
) -> Result<Vec<Vec<Sample>>, Box<dyn Error>> {
    let servers: Vec<Server> =
        contenders.iter().map(|contender| Server::start(*contender)).collect::<Result<_, _>>()?;
    let mut samples = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (row, (contender, server)) in contenders.iter().zip(&servers).enumerate() {
            samples[row].push(undisturbed(&scenario, *contender, server, time)?);
        }
    }
    Ok(samples)
}
