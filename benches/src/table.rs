//! A scenario's table: medians, and ratios to the first contender, which is raw TCP unless another is
//! named, and to the best of the peers.

use crate::figures::{CLIENT, P50, RATE, Row, SERVER, best_peer};
use crate::scenario::Scenario;

/// Prints the table.
pub fn print(scenario: &Scenario, rows: &[Row]) {
    println!("\n{}: {}", scenario.name, scenario.about);
    print!("{:<28}", "");
    for heading in ["p50 µs", "server µs", "client µs", "calls/s"] {
        print!("{heading:>11}{:>9}{:>8}", "× first", "× peer");
    }
    println!("{:>6}", "kept");
    for row in rows {
        print!("{:<28}", row.contender.name());
        for (figure, decimals) in [(P50, 2), (SERVER, 3), (CLIENT, 3), (RATE, 0)] {
            print!("{:>11.decimals$}{:>9.2}", row.median(figure), row.ratio(&rows[0], figure));
            match best_peer(rows, figure) {
                Some(peer) => print!("{:>8.2}", row.ratio(peer, figure)),
                None => print!("{:>8}", "-"),
            }
        }
        println!("{:>6}", format!("{}/{}", row.kept(), row.samples.len()));
    }
    for row in rows {
        if let Some(note) = row.contender.note(scenario) {
            println!("{}: {note}", row.contender.name());
        }
    }
}
