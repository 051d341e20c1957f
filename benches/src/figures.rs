//! What the samples of a run come to: medians, and ratios to others of the same rounds.

use crate::contenders::{Contender, Kind};
use crate::measure::Sample;

/// A contender's samples in a scenario, one a round.
pub struct Row {
    pub contender: &'static dyn Contender,
    pub samples: Vec<Sample>,
}

/// A figure of a sample, and whether more of it is better.
#[derive(Clone, Copy)]
pub struct Figure {
    of: fn(&Sample) -> f64,
    more_is_better: bool,
}

pub const P50: Figure = Figure { of: |sample| sample.p50, more_is_better: false };
pub const SERVER: Figure = Figure { of: |sample| sample.server_cpu, more_is_better: false };
pub const CLIENT: Figure = Figure { of: |sample| sample.client_cpu, more_is_better: false };
pub const RATE: Figure = Figure { of: |sample| sample.rate, more_is_better: true };

/// The peer whose median is best.
pub fn best_peer(rows: &[Row], figure: Figure) -> Option<&Row> {
    let peers = rows.iter().filter(|row| row.contender.kind() == Kind::Peer);
    let sign = if figure.more_is_better { -1.0 } else { 1.0 };
    let cost = |row: &&Row| sign * row.median(figure);
    peers.min_by(|a, b| cost(a).total_cmp(&cost(b)))
}

impl Row {
    /// The median of the samples that were not disturbed, or of all where none is.
    pub fn median(&self, figure: Figure) -> f64 {
        let none = self.samples.iter().all(|sample| sample.disturbed);
        let kept = self.samples.iter().filter(|sample| none || !sample.disturbed);
        median(kept.map(figure.of))
    }

    /// The median of the rounds' ratios: each sample against the other's of the same round.
    pub fn ratio(&self, other: &Self, figure: Figure) -> f64 {
        let pairs = || self.samples.iter().zip(&other.samples);
        let none = pairs().all(|(one, other)| one.disturbed || other.disturbed);
        let kept = pairs().filter(|(one, other)| none || !(one.disturbed || other.disturbed));
        median(kept.map(|(one, other)| (figure.of)(one) / (figure.of)(other)))
    }

    /// How many samples were not disturbed.
    pub fn kept(&self) -> usize {
        self.samples.iter().filter(|sample| !sample.disturbed).count()
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
