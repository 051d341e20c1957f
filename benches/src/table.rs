//! A scenario's table: medians, and ratios to the first contender, which is raw TCP, and to the best
//! of the peers.

use crate::contenders::Kind;
use crate::measure::Sample;
use crate::run::Row;
use crate::scenario::Scenario;

/// A figure of a sample, and whether more of it is better.
#[derive(Clone, Copy)]
struct Figure {
    of: fn(&Sample) -> f64,
    more_is_better: bool,
}

const P50: Figure = Figure { of: |sample| sample.p50, more_is_better: false };
const SERVER: Figure = Figure { of: |sample| sample.server_cpu, more_is_better: false };
const CLIENT: Figure = Figure { of: |sample| sample.client_cpu, more_is_better: false };
const RATE: Figure = Figure { of: |sample| sample.rate, more_is_better: true };

/// Prints the table. Disturbed samples are left out as long as there are others.
pub fn print(scenario: &Scenario, rows: &[Row]) {
    println!("\n{}: {}", scenario.name, scenario.about);
    print!("{:<24}", "");
    for heading in ["p50 µs", "server µs", "client µs", "calls/s"] {
        print!("{heading:>11}{:>7}{:>8}", "× raw", "× peer");
    }
    println!("{:>6}", "kept");
    for row in rows {
        print!("{:<24}", row.contender.name());
        for (figure, decimals) in [(P50, 2), (SERVER, 3), (CLIENT, 3), (RATE, 0)] {
            print!("{:>11.decimals$}", row.median(figure));
            print!("{:>7.2}", row.ratio(&rows[0], figure));
            match best_peer(rows, figure) {
                Some(peer) => print!("{:>8.2}", row.ratio(peer, figure)),
                None => print!("{:>8}", "-"),
            }
        }
        let kept = row.samples.iter().filter(|sample| !sample.disturbed).count();
        println!("{:>6}", format!("{kept}/{}", row.samples.len()));
    }
    for row in rows {
        if let Some(note) = row.contender.note(scenario) {
            println!("{}: {note}", row.contender.name());
        }
    }
}

/// The peer whose median is best.
fn best_peer(rows: &[Row], figure: Figure) -> Option<&Row> {
    let peers = rows.iter().filter(|row| row.contender.kind() == Kind::Peer);
    let cost =
        |row: &&Row| if figure.more_is_better { -row.median(figure) } else { row.median(figure) };
    peers.min_by(|a, b| cost(a).total_cmp(&cost(b)))
}

impl Row {
    fn median(&self, figure: Figure) -> f64 {
        let none = self.samples.iter().all(|sample| sample.disturbed);
        let kept = self.samples.iter().filter(|sample| none || !sample.disturbed);
        median(kept.map(figure.of))
    }

    /// The median of the rounds' ratios: each sample against the other's of the same round.
    fn ratio(&self, other: &Self, figure: Figure) -> f64 {
        let pairs = || self.samples.iter().zip(&other.samples);
        let none = pairs().all(|(one, other)| one.disturbed || other.disturbed);
        let kept = pairs().filter(|(one, other)| none || !(one.disturbed || other.disturbed));
        median(kept.map(|(one, other)| (figure.of)(one) / (figure.of)(other)))
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
