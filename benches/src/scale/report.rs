//! What was measured, as a table and as a plot.

use std::error::Error;
use std::path::Path;

use crate::plot::{self, Axis, Bar, Bars, Group, Lines, Panel, Scale, Series};

use super::Outcome;
use super::sample::Sample;
use super::sweeps::{Point, Sweep};

/// A figure that can be drawn.
#[derive(Debug, Clone, Copy)]
pub enum Figure {
    Rate,
    P99,
    ServerCpu,
    Memory,
}

impl Figure {
    fn title(self) -> &'static str {
        match self {
            Self::Rate => "calls/s",
            Self::P99 => "p99, µs",
            Self::ServerCpu => "server CPU, µs a call",
            Self::Memory => "server memory (RSS)",
        }
    }

    fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Rate => sample.rate,
            Self::P99 => sample.p99,
            Self::ServerCpu => sample.server_cpu,
            Self::Memory => number(sample.loaded.resident),
        }
    }
}

/// Prints a row for each point.
pub fn print(sweep: &Sweep, outcomes: &[Outcome]) {
    println!("\n{}: {}\n", sweep.name, sweep.about);
    let groups = sweep.points.iter().map(|point| point.group.chars().count() + 2);
    let groups = groups.max().filter(|width| *width > 2).unwrap_or(0);
    println!(
        "{:groups$}{:>15}{:>11}{:>11}{:>11}{:>11}{:>10}{:>12}{:>12}{:>16}{:>6}",
        "",
        sweep.axis,
        "calls/s",
        "p50 µs",
        "p99 µs",
        "server µs",
        "idle RSS",
        "loaded RSS",
        "loaded PSS",
        "KiB/connection",
        "kept"
    );
    for (point, outcome) in sweep.points.iter().zip(outcomes) {
        let at = match sweep.scale {
            Scale::Bytes => sweep.scale.figure(number(point.at)),
            Scale::Linear | Scale::Log => point.at.to_string(),
        };
        print!("{:groups$}{at:>15}", point.group);
        match outcome {
            Ok(samples) => row(point, samples),
            Err(reason) => println!("  {reason}"),
        }
    }
    println!(
        "\nMemory in MiB; KiB/connection is what was taken between idle and loaded, shared out."
    );
}

fn row(point: &Point, samples: &[Sample]) {
    let mib = |bytes: usize| number(bytes) / 1024.0 / 1024.0;
    let middle = |figure: &dyn Fn(&Sample) -> f64| median(samples, figure);
    let taken = middle(&|s| number(s.loaded.resident.saturating_sub(s.idle.resident)));
    println!(
        "{:>11.0}{:>11.1}{:>11.1}{:>11.3}{:>10.1}{:>12.1}{:>12.1}{:>16.1}{:>6}",
        middle(&|sample| sample.rate),
        middle(&|sample| sample.p50),
        middle(&|sample| sample.p99),
        middle(&|sample| sample.server_cpu),
        middle(&|sample| mib(sample.idle.resident)),
        middle(&|sample| mib(sample.loaded.resident)),
        middle(&|sample| mib(sample.loaded.proportional)),
        taken / number(point.load.connections) / 1024.0,
        format!("{}/{}", samples.iter().filter(|sample| !sample.disturbed).count(), samples.len()),
    );
}

/// Draws the sweep: lines along its axis, or bars where its points are in groups.
pub fn plot(sweep: &Sweep, outcomes: &[Outcome], directory: &Path) -> Result<(), Box<dyn Error>> {
    let figures = |figure: Figure| {
        let value = move |outcome: &Outcome| match outcome {
            Ok(samples) => median(samples, &|sample| figure.of(sample)),
            Err(_) => f64::NAN,
        };
        sweep.points.iter().zip(outcomes.iter().map(value))
    };
    let (title, about) = (sweep.title.to_owned(), sweep.about.clone());
    let svg = if sweep.points.iter().all(|point| point.group.is_empty()) {
        let panel = |&(figure, scale): &(Figure, Scale)| Panel {
            y: Axis::new(figure.title(), scale),
            series: vec![Series {
                name: String::new(),
                points: figures(figure).map(|(point, value)| (number(point.at), value)).collect(),
            }],
        };
        let panels = sweep.figures.iter().map(panel).collect();
        Lines { title, about, x: Axis::new(sweep.axis, sweep.scale), panels }.svg()
    } else {
        let (figure, scale) = sweep.figures[0];
        let mut groups: Vec<Group> = Vec::new();
        for (point, value) in figures(figure) {
            let plural = if point.at == 1 { "" } else { "s" };
            let label = format!("{} worker{plural}", point.at);
            let most = sweep.points.iter().all(|other| other.at <= point.at);
            let bar = Bar { label, value, highlighted: most };
            match groups.last_mut() {
                Some(group) if group.label == point.group => group.bars.push(bar),
                _ => groups.push(Group { label: point.group.clone(), bars: vec![bar] }),
            }
        }
        Bars { title, about, axis: Some(Axis::new(figure.title(), scale)), groups }.svg()
    };
    Ok(plot::save(directory, &format!("scale-{}", sweep.name), &svg)?)
}

/// The middle of what was measured undisturbed, or of everything where nothing was.
fn median(samples: &[Sample], figure: &dyn Fn(&Sample) -> f64) -> f64 {
    let none = samples.iter().all(|sample| sample.disturbed);
    let kept = samples.iter().filter(|sample| none || !sample.disturbed);
    let mut figures: Vec<f64> = kept.map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[allow(clippy::cast_precision_loss)]
fn number(count: usize) -> f64 {
    count as f64
}
