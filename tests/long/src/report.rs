//! What a run has found, as lines on the terminal and for the table in the documentation.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rpc_core::types::DateTime;

use crate::promise::{Bound, Effort, Figure, Figures, Outcome, Promise};
use crate::table::{Table, TableRow};

const PAGE: &str = "docs/reliability.md";
const BEGIN: &str = "<!-- begin figures -->\n";
const END: &str = "<!-- end figures -->\n";

/// The promises that were tried, in their order.
#[derive(Debug)]
pub(crate) struct Report {
    effort: Effort,
    rows: Vec<Row>,
}

/// A promise and what came of it.
#[derive(Debug)]
struct Row {
    promise: Promise,
    outcomes: Vec<Outcome>,
}

impl Report {
    /// Nothing was tried yet.
    pub(crate) fn begin(effort: Effort) -> Self {
        Self { effort, rows: Vec::new() }
    }

    /// Adds what came of a promise, and says it.
    pub(crate) fn add(&mut self, promise: &Promise, outcomes: Vec<Outcome>) {
        let row = Row { promise: *promise, outcomes };
        let word = match row.holds() {
            _ if row.is_skipped() => "skipped",
            true => "holds",
            false => "BROKEN",
        };
        println!("{word:7} {}", promise.name);
        for (who, outcome) in &row.outcomes {
            println!("        {who:20}{}", said(outcome));
        }
        self.rows.push(row);
    }

    /// Whether every promise holds.
    pub(crate) fn all_hold(&self) -> bool {
        self.rows.iter().all(Row::holds)
    }

    /// How many hold, and which do not.
    pub(crate) fn summary(&self) -> String {
        let broken: Vec<_> =
            self.rows.iter().filter(|row| !row.holds()).map(|row| row.promise.name).collect();
        let all = self.rows.len();
        match broken.len() {
            0 => format!("all {all} promises hold"),
            count => format!("{count} of {all} promises do not hold: {}", broken.join(", ")),
        }
    }

    /// Writes the figures between the marks of the page. What was not tried keeps what it has there.
    pub(crate) fn update_page(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
        let page = fs::read_to_string(&path).expect(PAGE);
        let (before, rest) = page.split_once(BEGIN).expect("the mark at the beginning");
        let (known, after) = rest.split_once(END).expect("the mark at the end");
        let table = Table::read(known).with(&self.table_rows());
        fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        println!("the figures are in {PAGE}");
    }

    fn table_rows(&self) -> Vec<TableRow> {
        let now = DateTime::try_from(SystemTime::now()).expect("a year of four digits");
        // As `20261128T…`.
        let [year, month, day] =
            [0..4, 4..6, 6..8].map(|digits| now.to_string()[digits].to_owned());
        let today = format!("{year}-{month}-{day}");
        let rows = self.rows.iter().map(|row| {
            let holds = match row.holds() {
                _ if row.is_skipped() => "–".to_owned(),
                true => format!("✓ {today}"),
                false => format!("no, {today}"),
            };
            // Its figures are smaller than those that are promised.
            let short = if self.effort.is_quick { "; a short run" } else { "" };
            let measured = format!("{}{short}", row.worst());
            TableRow { name: row.promise.name.to_owned(), measured, holds }
        });
        rows.collect()
    }
}

impl Row {
    fn holds(&self) -> bool {
        self.outcomes.iter().all(|(_, outcome)| outcome.as_ref().is_ok_and(Figures::hold))
    }

    fn is_skipped(&self) -> bool {
        let skipped = |(_, outcome): &Outcome| {
            outcome.as_ref().is_ok_and(|figures| figures.skipped.is_some())
        };
        self.outcomes.iter().all(skipped)
    }

    /// Of each figure the worst, and whose it is.
    fn worst(&self) -> String {
        let mut worst: Vec<(&str, Figure)> = Vec::new();
        let mut words = Vec::new();
        for (who, outcome) in &self.outcomes {
            match outcome {
                Err(reason) => words.push(format!("{who}: {}", reason.replace('\n', " "))),
                Ok(Figures { skipped: Some(why), .. }) => words.push(format!("not tried: {why}")),
                Ok(figures) => {
                    for figure in &figures.list {
                        match worst.iter_mut().find(|(_, other)| other.what == figure.what) {
                            Some((whose, other)) if other.is_better_than(figure) => {
                                (*whose, *other) = (who, *figure);
                            }
                            Some(_) => {}
                            None => worst.push((who, *figure)),
                        }
                    }
                }
            }
        }
        let is_single = self.outcomes.len() == 1;
        let figures = worst.into_iter().map(|(who, figure)| {
            // What is only counted says nothing of the model.
            let is_count = figure.bound == Bound::None && figure.unit.is_empty();
            let is_everybodys = is_single || is_count || figure.value == 0.0;
            let whose = if is_everybodys { String::new() } else { format!(" ({who})") };
            format!("{}{whose}", figure_text(&figure))
        });
        figures.chain(words).collect::<Vec<_>>().join("; ")
    }
}

/// A line for one trial.
fn said(outcome: &Result<Figures, String>) -> String {
    match outcome {
        Err(reason) => format!("failed: {reason}"),
        Ok(Figures { skipped: Some(why), .. }) => format!("skipped: {why}"),
        Ok(figures) => {
            let texts = figures.list.iter().map(|figure| {
                let bound = match figure.bound {
                    Bound::AtMost(most) => format!(" (≤ {})", number(most)),
                    Bound::AtLeast(least) => format!(" (≥ {})", number(least)),
                    Bound::None => String::new(),
                };
                let mark = if figure.holds() { "" } else { "!! " };
                format!("{mark}{}{bound}", figure_text(figure))
            });
            let remarks = figures.remarks.iter().map(|remark| format!("\n           {remark}"));
            texts.collect::<Vec<_>>().join(", ") + &remarks.collect::<String>()
        }
    }
}

fn figure_text(figure: &Figure) -> String {
    let unit = if figure.unit.is_empty() { String::new() } else { format!(" {}", figure.unit) };
    format!("{} {}{unit}", figure.what, number(figure.value))
}

/// A number with as many digits as mean something.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        size if size < 1.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}
