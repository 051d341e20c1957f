//! Runs everything once and measures nothing: clients check each result.

use std::error::Error;
use std::time::Duration;

use crate::contenders;
use crate::contenders::models::MODELS;
use crate::memory::Memory;
use crate::models::start;
use crate::scale;
use crate::scenario::SCENARIOS;
use crate::server::Server;
use crate::streams;

/// Has every contender do every exchange, every model answer, and ours grow for a moment.
pub fn run() -> Result<(), Box<dyn Error>> {
    for contender in contenders::all() {
        if let Some(missing) = contender.missing() {
            println!("skipped: {}: {missing}", contender.name());
            continue;
        }
        let server = Server::start(contender)?;
        let able = SCENARIOS.iter().filter(|scenario| contender.cannot(scenario).is_none());
        let mut names = Vec::new();
        for scenario in able {
            let mut clients = contender.connect(server.address, scenario.connections)?;
            clients.exchanges(scenario, Duration::from_nanos(1));
            clients.exchanges(scenario, Duration::from_nanos(1));
            names.push(scenario.name);
        }
        println!("{}: every result is right ({})", contender.name(), names.join(", "));
    }
    for model in MODELS {
        let server = start(model)?;
        Memory::of_tree(server.id)?;
        println!("{}: starts and stops", model.name);
    }
    streams::smoke()?;
    scale::smoke()
}
