//! A run as a picture: calls a second of every contender in every scenario.

use crate::contenders::Kind;
use crate::figures::{RATE, Row};
use crate::plot::{Bar, Bars, Group};
use crate::scenario::Scenario;

/// Draws the run, the fastest first; ours stands out.
pub fn of(results: &[(&Scenario, Vec<Row>)]) -> String {
    let groups = results.iter().map(|(scenario, rows)| {
        let mut bars: Vec<Bar> = rows.iter().map(bar).collect();
        bars.sort_by(|a, b| b.value.total_cmp(&a.value));
        Group { label: scenario.title.into(), bars }
    });
    let chart = Bars {
        title: "Calls a second".into(),
        about: "Over the loopback, the server in a process of its own on one CPU; medians of \
                interleaved rounds."
            .into(),
        axis: None,
        groups: groups.collect(),
    };
    chart.svg()
}

fn bar(row: &Row) -> Bar {
    Bar {
        label: row.contender.name().into(),
        value: row.median(RATE),
        highlighted: row.contender.kind() == Kind::Ours,
    }
}
