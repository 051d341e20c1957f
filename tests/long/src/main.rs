//! The long suite: tries every promise of `docs/reliability.md` on all six server models and both clients.
//!
//! `cargo run --release -p long -- --help` says what it can be told. It is made for Linux, which tells what a
//! process takes and lets a process be limited; elsewhere it compiles, and trials that need more say so.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

mod functions;
mod model;
mod options;
mod peers;
mod promise;
mod promises;
mod report;
mod serve;
mod setup;
mod system;
mod table;
mod wire;

use std::process::ExitCode;
use std::time::Instant;

use options::Options;
use promise::Promise;
use report::Report;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.split_first() {
        // Before anything else: the models that fork need a process with one thread.
        Some((&"serve", rest)) => return ended(serve::serve(rest)),
        Some((&"serve-stdio", _)) => return ended(serve::serve_stdio()),
        _ => {}
    }
    match Options::read(&arguments) {
        Ok(Options { list: true, .. }) => {
            list(&promises::all());
            ExitCode::SUCCESS
        }
        Ok(options) => run(&options),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// How the server's process ends.
fn ended(served: Result<(), rpc_core::Error>) -> ExitCode {
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn list(promises: &[Promise]) {
    for promise in promises {
        println!("{:18} {}", promise.name, promise.says);
    }
}

/// Tries what was chosen; fails where a promise does not hold.
fn run(options: &Options) -> ExitCode {
    system::raise_limit_of_descriptors();
    let begun = Instant::now();
    let mut report = Report::begin(options.effort);
    for promise in promises::all().iter().filter(|promise| options.chooses(promise.name)) {
        report.add(promise, promise.try_it(options.effort));
        setup::end_what_is_left();
    }
    println!("\n{} in {:.0?}", report.summary(), begun.elapsed());
    if options.update {
        report.update_page();
    }
    if report.all_hold() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
