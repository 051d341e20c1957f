//! Runs everything once and measures nothing: clients check each result.

use std::error::Error;

use crate::contenders::ALL;
use crate::contenders::models::MODELS;
use crate::memory::Memory;
use crate::models::start;
use crate::scale;
use crate::scenario::SCENARIOS;
use crate::server::Server;

/// Has every contender do every exchange, every model answer, and ours grow for a moment.
pub fn run() -> Result<(), Box<dyn Error>> {
    for contender in ALL {
        let server = Server::start(*contender)?;
        for scenario in SCENARIOS {
            if scenario.connections <= contender.connections() {
                let connect = |_| contender.connect(server.address);
                let mut clients =
                    (0..scenario.connections).map(connect).collect::<Result<Vec<_>, _>>()?;
                (scenario.exchange)(&mut clients);
            }
        }
        println!("{}: every result is right", contender.name());
    }
    for model in MODELS {
        let server = start(model)?;
        Memory::of_tree(server.id)?;
        println!("{}: starts and stops", model.name);
    }
    scale::smoke()
}
