//! A scenario's table: medians, and ratios to the first contender, which is raw TCP.

use crate::contenders::Contender;
use crate::measure::Sample;
use crate::scenario::Scenario;

/// Prints the table. Disturbed samples are left out as long as there are others.
pub fn print(scenario: Scenario, contenders: &[&dyn Contender], samples: &[Vec<Sample>]) {
    println!("\n{}: {}", scenario.name, scenario.about);
    println!(
        "{:<18}{:>10}{:>8}{:>13}{:>8}{:>13}{:>8}{:>11}{:>6}",
        "", "p50 µs", "× raw", "server µs", "× raw", "client µs", "× raw", "calls/s", "kept"
    );
    let raw = &samples[0];
    for (contender, row) in contenders.iter().zip(samples) {
        let [p50, server, client]: [fn(&Sample) -> f64; 3] =
            [|s| s.p50, |s| s.server_cpu, |s| s.client_cpu];
        let rate = median(kept(row).map(|sample| sample.rate));
        println!(
            "{:<18}{:>10.2}{:>8.2}{:>13.3}{:>8.2}{:>13.3}{:>8.2}{:>11.0}{:>6}",
            contender.name(),
            median(kept(row).map(p50)),
            ratio(row, raw, p50),
            median(kept(row).map(server)),
            ratio(row, raw, server),
            median(kept(row).map(client)),
            ratio(row, raw, client),
            rate,
            format!("{}/{}", row.iter().filter(|sample| !sample.disturbed).count(), row.len()),
        );
    }
}

fn kept(row: &[Sample]) -> impl Iterator<Item = &Sample> {
    let none = row.iter().all(|sample| sample.disturbed);
    row.iter().filter(move |sample| none || !sample.disturbed)
}

/// The median of the rounds' ratios: each sample against raw TCP's of the same round.
fn ratio(row: &[Sample], raw: &[Sample], figure: fn(&Sample) -> f64) -> f64 {
    let pairs = || row.iter().zip(raw);
    let none = pairs().all(|(sample, raw)| sample.disturbed || raw.disturbed);
    let kept = pairs().filter(|(sample, raw)| none || !(sample.disturbed || raw.disturbed));
    median(kept.map(|(sample, raw)| figure(sample) / figure(raw)))
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
