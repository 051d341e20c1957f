//! Measures `rpc-core` beside raw TCP and its peers, and prints a table for each scenario.
//!
//! A contender is a file in `contenders/`: how it serves, and how its client calls. Its server runs
//! in a process of its own, this program started once more as `benches server NAME`. Contenders
//! take turns within a round, so that what the machine does meanwhile befalls all of them, and each
//! figure is the median of the rounds. Only ratios mean anything on another machine.

mod chart;
mod contenders;
mod counting;
mod cpu;
mod descriptors;
mod figures;
#[cfg(feature = "tls")]
mod handshakes;
mod idle;
mod measure;
mod memory;
mod models;
mod plot;
mod run;
mod scale;
mod scenario;
mod server;
mod smoke;
mod streams;
mod table;
mod tree;

use std::env;
use std::error::Error;

use run::Run;

const USAGE: &str = "usage: benches [--full] [--svg FILE] [CONTENDER or SCENARIO …] | models | memory [CONTENDER …] | handshakes [CONTENDER …] | counting | streams [memory | CONTENDER …] | scale … | --smoke";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["server", name] => server::run(contenders::named(name).ok_or(USAGE)?),
        ["model", name] => models::serve(name),
        ["models"] => models::compare(),
        ["memory", ref names @ ..] => idle::compare(names),
        #[cfg(feature = "tls")]
        ["handshakes", ref names @ ..] => handshakes::compare(names),
        ["counting"] => counting::compare(),
        ["counting-server", model, counts] => counting::serve(model, counts),
        ["streams", "memory"] => streams::memory::measure(),
        ["streams", ref names @ ..] => streams::compare(names),
        ["stream-server", name] => streams::serve(name),
        ["stream-memory-server"] => streams::memory::serve(),
        ["scale", ref words @ ..] => scale::run(words),
        ["scale-server", ref words @ ..] => scale::serve(words),
        ["--smoke"] => smoke::run(),
        ["--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        ref words => Run::of(words)?.measure(),
    }
}
