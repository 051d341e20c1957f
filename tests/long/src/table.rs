//! The table of promises in the documentation: read, brought up to date, and written again.

use std::collections::HashMap;
use std::fmt;

use crate::peers::what_peers_did;
use crate::promise::Promise;
use crate::promises;

/// What the table says of a promise besides its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableRow {
    pub(crate) name: String,
    pub(crate) measured: String,
    pub(crate) holds: String,
}

/// What is known of each promise that was ever tried.
#[derive(Debug, Default)]
pub(crate) struct Table(HashMap<String, TableRow>);

impl Table {
    /// Reads what [`fmt::Display`] has written. Lines of another form are left out.
    pub(crate) fn read(text: &str) -> Self {
        let rows = text.lines().filter_map(|line| {
            let cells: Vec<_> = line.strip_prefix("| `")?.split(" | ").collect();
            let [name, _, measured, holds, _] = cells[..] else { return None };
            let name = name.strip_suffix('`')?.to_owned();
            let (measured, holds) = (measured.to_owned(), holds.to_owned());
            Some((name.clone(), TableRow { name, measured, holds }))
        });
        Self(rows.collect())
    }

    /// Puts what was found now in the place of what was known of the same promises.
    pub(crate) fn with(mut self, rows: &[TableRow]) -> Self {
        self.0.extend(rows.iter().map(|row| (row.name.clone(), row.clone())));
        self
    }
}

impl fmt::Display for Table {
    /// Every promise has its line, in the order in which they are tried.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| `--only` | promised | measured, at worst | holds, tried on | what others did |"
        )?;
        writeln!(f, "|---|---|---|:-:|---|")?;
        for Promise { name, says, .. } in promises::all() {
            let (measured, holds) = match self.0.get(name) {
                // A bar would end the cell.
                Some(row) => (row.measured.replace(" | ", " / "), row.holds.as_str()),
                None => ("–".to_owned(), "–"),
            };
            let peers = what_peers_did(name);
            writeln!(f, "| `{name}` | {says} | {measured} | {holds} | {peers} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, TableRow};

    fn row(name: &str, measured: &str) -> TableRow {
        TableRow { name: name.into(), measured: measured.into(), holds: "✓".into() }
    }

    #[test]
    fn what_was_not_tried_keeps_its_figures() {
        let first = Table::default().with(&[row("lengths", "1 MB"), row("stop", "calls 7")]);
        let next = Table::read(&first.to_string()).with(&[row("stop", "calls 8; odd | cell")]);
        let written = next.to_string();
        for (name, measured) in [("lengths", "1 MB"), ("stop", "calls 8; odd / cell")] {
            let line = written.lines().find(|line| line.starts_with(&format!("| `{name}`")));
            assert!(line.unwrap().contains(&format!(" | {measured} | ✓ | ")), "{line:?}");
        }
        // Read and written again it is the same, and so is one without figures.
        assert_eq!(Table::read(&written).to_string(), written);
        assert_eq!(
            Table::read("| `stop` | in two cells |\n").to_string(),
            Table::default().to_string()
        );
    }
}
