//! What has been counted, added up: the answer to `system.stats`.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::thread;

use serde::Serialize;

use super::histogram::{BUCKETS, quantile};
use super::layout::{ACCEPTED, CLOSED, CODES, LONGEST, LOST, OTHER, REFUSED, begun, ended};
use super::slot::{Slot, counts, sum};
use super::statistics::{Statistics, code_of};

/// What has been counted, by all processes or by one.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// That of the API, where the server says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    uptime_s: f64,
    connections: Connections,
    /// Each process that serves, alone.
    processes: Vec<Process>,
    /// Those that were called, ordered by name.
    functions: Vec<Function>,
}

#[derive(Debug, Default, Serialize)]
struct Connections {
    open: u64,
    accepted: u64,
    refused: u64,
}

#[derive(Debug, Serialize)]
struct Process {
    #[serde(rename = "process")]
    id: u64,
    calls: u64,
    in_flight: u64,
    connections: Connections,
}

#[derive(Debug, Serialize)]
struct Function {
    name: String,
    calls: u64,
    in_flight: u64,
    errors: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "is_zero")]
    lost: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<Latency>,
}

#[derive(Debug, Serialize)]
struct Latency {
    timed: u64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks for it.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[allow(clippy::cast_precision_loss)]
fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

impl Report {
    /// The same of an API in this version.
    pub(in super::super) fn of_version(self, version: Option<String>) -> Self {
        Self { version, ..self }
    }
}

impl Report {
    /// The same of those functions that are shown.
    pub(in super::super) fn of_functions(mut self, shows: impl Fn(&str) -> bool) -> Self {
        self.functions.retain(|function| shows(&function.name));
        self
    }
}

impl Statistics {
    /// Adds up what has been counted, by every process or by one; `None` where there is no such process.
    pub(in super::super) fn report(&self, process: Option<u64>) -> Option<Report> {
        const AT_MOST: usize = 1000;
        // The process that keeps the others at work may be moving what one of them had counted.
        for _ in 0..AT_MOST {
            let before = self.moves().load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let report = self.add_up(process);
                if self.moves().load(Ordering::Acquire) == before {
                    return report;
                }
            }
            thread::yield_now();
        }
        self.add_up(process)
    }

    fn add_up(&self, process: Option<u64>) -> Option<Report> {
        let used = self
            .slots()
            .enumerate()
            .filter(|(number, slot)| *number == 0 || Self::owner(*slot) != 0);
        let used: Vec<Slot> = used.map(|(_, slot)| slot).collect();
        let mut processes: BTreeMap<u64, Vec<Slot>> = BTreeMap::new();
        for slot in used.iter().filter(|slot| Self::owner(**slot) != 0) {
            processes.entry(Self::owner(*slot)).or_default().push(*slot);
        }
        let of = match process {
            None => &used,
            Some(process) => processes.get(&process)?,
        };
        let rows = self.names().iter().enumerate();
        let functions = rows.filter_map(|(row, name)| self.function(of, row, name));
        let mut functions: Vec<_> = functions.collect();
        functions.sort_by(|one, other| one.name.cmp(&other.name));
        Some(Report {
            version: None,
            uptime_s: self.started().elapsed().as_secs_f64(),
            connections: Connections::of(of),
            processes: processes.iter().map(|(id, slots)| self.process(*id, slots)).collect(),
            functions,
        })
    }

    fn process(&self, process: u64, slots: &[Slot]) -> Process {
        let (mut calls, mut in_flight) = (0, 0);
        for row in 0..self.names().len() {
            let (ended, running) = counts(slots, row);
            calls += ended;
            in_flight += running;
        }
        Process { id: process, calls, in_flight, connections: Connections::of(slots) }
    }

    fn function(&self, slots: &[Slot], row: usize, name: &str) -> Option<Function> {
        let (calls, in_flight) = counts(slots, row);
        // Memory that was never written to is not to be looked at.
        let slots: Vec<_> = slots
            .iter()
            .filter(|slot| slot.get(begun(row)) != 0 || slot.get(ended(row)) != 0)
            .copied()
            .collect();
        if slots.is_empty() {
            return None;
        }
        let rare = self.layout.rare(row).start;
        let mut errors = BTreeMap::new();
        let mut count = |code: String, count: u64| {
            if count > 0 {
                *errors.entry(code).or_default() += count;
            }
        };
        for slot in &slots {
            for place in (0..CODES).map(|place| rare + 2 * place) {
                count(code_of(slot.get(place)).to_string(), slot.get(place + 1));
            }
            count("other".to_owned(), slot.get(rare + OTHER));
        }
        let mut histogram = vec![0; BUCKETS];
        for slot in &slots {
            for (sum, place) in histogram.iter_mut().zip(self.layout.histogram(row)) {
                *sum += slot.get(place);
            }
        }
        let longest = slots.iter().map(|slot| slot.get(rare + LONGEST)).max().unwrap_or_default();
        let timed: u64 = histogram.iter().sum();
        // The middle of a bucket may be more than the most that was in it.
        let time = |of_a_thousand| microseconds(quantile(&histogram, of_a_thousand).min(longest));
        let latency = (timed > 0).then(|| Latency {
            timed,
            p50_us: time(500),
            p99_us: time(990),
            max_us: microseconds(longest),
        });
        let lost = sum(&slots, rare + LOST);
        Some(Function { name: name.to_owned(), calls, in_flight, errors, lost, latency })
    }
}

impl Connections {
    fn of(slots: &[Slot]) -> Self {
        let closed = sum(slots, CLOSED);
        let accepted = sum(slots, ACCEPTED);
        Self { open: accepted.saturating_sub(closed), accepted, refused: sum(slots, REFUSED) }
    }
}
