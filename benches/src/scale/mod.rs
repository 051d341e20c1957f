//! How ours grows: with connections, calls in flight, payload, functions and CPUs.
//!
//! Every sample has a server of its own, in a process of its own, so that what one left behind is
//! not in the next one's memory. Points take turns within a round; a figure is the median of the
//! rounds.

mod load;
mod report;
mod sample;
mod server;
mod sweeps;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use sample::Sample;
use sweeps::{Point, Sweep};

use crate::descriptors;

pub use server::serve;

const USAGE: &str = "usage: benches scale [--full] [--svg DIR] [connections|in-flight|payload|functions|workers|workers-add …]";
/// What came of one point: its samples, or why there are none.
type Outcome = Result<Vec<Sample>, String>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    full: bool,
    /// Odd, for the sake of medians.
    rounds: usize,
    /// How often a sample is taken before it is left as it is, disturbed.
    tries: usize,
    time: Duration,
}

/// Measures the sweeps that are named, or all of them.
pub fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let (mut full, mut directory, mut names) = (false, None, Vec::new());
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            "--full" => full = true,
            "--svg" => directory = Some(PathBuf::from(words.next().ok_or(USAGE)?)),
            _ => names.push(word),
        }
    }
    let (rounds, time) = if full { (9, 1000) } else { (3, 400) };
    let extent = Extent { full, rounds, tries: 2, time: Duration::from_millis(time) };
    let mut sweeps = sweeps::all(extent)?;
    if !names.iter().all(|name| sweeps.iter().any(|sweep| sweep.name == *name)) {
        return Err(USAGE.into());
    }
    sweeps.retain(|sweep| names.is_empty() || names.contains(&sweep.name));
    for sweep in sweeps {
        let outcomes = measure(&sweep, extent)?;
        report::print(&sweep, &outcomes);
        if let Some(directory) = &directory {
            report::plot(&sweep, &outcomes, directory)?;
        }
    }
    Ok(())
}

/// Has every server answer every load for a moment: clients check each result.
pub fn smoke() -> Result<(), Box<dyn Error>> {
    let extent = Extent { full: false, rounds: 1, tries: 1, time: Duration::from_millis(1) };
    for sweep in sweeps::all(extent)? {
        for (point, outcome) in sweep.points.iter().zip(measure(&sweep, extent)?) {
            if let Err(reason) = outcome {
                println!("scale, {} at {}: {reason}", sweep.name, point.at);
            }
        }
        println!("scale, {}: every result is right", sweep.name);
    }
    Ok(())
}

/// Measures every point once a round.
fn measure(sweep: &Sweep, extent: Extent) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let limit = descriptors::raise()?;
    let able = |point: &Point| match point.descriptors() {
        needed if needed > limit => {
            Err(format!("needs {needed} descriptors, and the limit is {limit} (ulimit -Hn)"))
        }
        _ => Ok(Vec::new()),
    };
    let mut outcomes: Vec<Outcome> = sweep.points.iter().map(able).collect();
    for _ in 0..extent.rounds {
        for (point, outcome) in sweep.points.iter().zip(&mut outcomes) {
            if let Ok(samples) = outcome {
                samples.push(undisturbed(point, extent)?);
            }
        }
    }
    Ok(outcomes)
}

/// Takes a sample while nobody else uses the CPUs, if that can be had.
fn undisturbed(point: &Point, extent: Extent) -> Result<Sample, Box<dyn Error>> {
    let take = || sample::take(point.form, point.load, extent.time);
    let mut sample = take()?;
    for _ in 1..extent.tries {
        if !sample.disturbed {
            break;
        }
        sample = take()?;
    }
    Ok(sample)
}
