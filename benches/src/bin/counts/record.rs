//! The file of counts: what is written in it, and how what is counted now compares.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::process::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.txt");
/// How many more instructions than the file says are let pass, in percent.
const ALLOWED: f64 = 3.0;
/// How many more allocations: a connection's task looks around ten times a second, however many calls
/// are made meanwhile.
const RARELY: f64 = 0.05;
/// How many more bytes: what is allocated rarely has some.
const FEW: f64 = 2.0;

/// What has been counted, all told or for a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Instructions outside the operating system.
    pub instructions: f64,
    /// How often memory was allocated, or allocated anew.
    pub allocations: f64,
    /// How many bytes.
    pub bytes: f64,
}

impl Figures {
    /// The figures of a call, from the totals at three marks: so many calls stand between the first
    /// two, twice as many between the last two, and whatever belongs to the marks stands in both.
    pub fn per_call([begin, middle, end]: [Self; 3], calls: usize) -> Self {
        #[allow(clippy::cast_precision_loss)]
        let difference = |figure: fn(&Self) -> f64, digits: f64| {
            let difference = figure(&end) - 2.0 * figure(&middle) + figure(&begin);
            // As the file has it; zero has no sign.
            (difference / calls as f64 * digits).round() / digits + 0.0
        };
        Self {
            instructions: difference(|figures| figures.instructions, 1.0),
            allocations: difference(|figures| figures.allocations, 100.0),
            bytes: difference(|figures| figures.bytes, 1.0),
        }
    }
}

/// A row of the file.
pub struct Row {
    /// The subject and the traffic.
    pub name: String,
    /// What a call costs.
    pub figures: Figures,
}

/// The file, or what is to be it.
pub struct Record {
    compiler: String,
    rows: Vec<Row>,
}

impl Record {
    /// One without rows.
    pub fn of_this_machine() -> Result<Self, Box<dyn Error>> {
        let rustc = String::from_utf8(Command::new("rustc").arg("--version").output()?.stdout)?;
        Ok(Self { compiler: format!("{}, {}", rustc.trim(), std::env::consts::ARCH), rows: vec![] })
    }

    /// Adds rows.
    pub fn extend(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
    }

    /// Reads the file.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
        let mut record = Self { compiler: String::new(), rows: Vec::new() };
        for line in text.lines() {
            if let Some(compiler) = line.strip_prefix(COMPILER) {
                compiler.clone_into(&mut record.compiler);
            } else if !line.starts_with('#') {
                record.rows.push(row(line).ok_or(format!("{FILE}: what is {line:?}?"))?);
            }
        }
        Ok(record)
    }

    /// Writes the file.
    pub fn write(&self) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(FILE, self.to_string())?)
    }

    /// Prints what has changed since the file was written, and says whether nothing has grown.
    pub fn compare(&self, file: &Self) -> bool {
        let is_same_compiler = self.compiler == file.compiler;
        let before: BTreeMap<_, _> =
            file.rows.iter().map(|row| (row.name.as_str(), row.figures)).collect();
        let mut complaints = Vec::new();
        let mut has_shrunk = false;
        println!("{:<42}{HEADINGS}{:>9}", "", "change");
        for row in &self.rows {
            let Some(old) = before.get(row.name.as_str()) else {
                println!("{row}      new");
                complaints.push(format!("{}: not in the file", row.name));
                continue;
            };
            let new = row.figures;
            let change = (new.instructions / old.instructions - 1.0) * 100.0;
            println!("{row}{change:>+8.1}%");
            let mut complain = |what: &str, old: f64, new: f64| {
                complaints.push(format!("{}: {old} {what} a call before, {new} now", row.name));
            };
            if change > ALLOWED && is_same_compiler {
                complain("instructions", old.instructions, new.instructions);
            }
            if new.allocations > old.allocations + RARELY {
                complain("allocations", old.allocations, new.allocations);
            }
            if new.bytes > old.bytes * (1.0 + ALLOWED / 100.0) + FEW {
                complain("bytes allocated", old.bytes, new.bytes);
            }
            has_shrunk |= change < -ALLOWED || new.allocations < old.allocations;
        }
        if !is_same_compiler {
            println!(
                "\nThe file was written with {}, this is {}: instructions are not compared.",
                file.compiler, self.compiler
            );
        }
        if has_shrunk {
            println!("\nLess than before: `counts --update` keeps it so.");
        }
        if !complaints.is_empty() {
            println!(
                "\nMore than {FILE} says:\n  {}\n\
                 To see where, run `counts --keep DIRECTORY` before and after, and compare what \
                 `callgrind_annotate --threshold=100 FILE` prints.\n\
                 Where it is worth its price, run `counts --update`, and say why in the commit.",
                complaints.join("\n  ")
            );
        }
        complaints.is_empty()
    }
}

const COMPILER: &str = "# compiled by ";
const HEADINGS: &str = "instructions  allocations    bytes";

fn row(line: &str) -> Option<Row> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name @ .., instructions, allocations, bytes] = &words[..] else { return None };
    let figures = Figures {
        instructions: instructions.parse().ok()?,
        allocations: allocations.parse().ok()?,
        bytes: bytes.parse().ok()?,
    };
    Some(Row { name: name.join(" "), figures })
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# What a call costs, outside the operating system. Written by `counts --update`."
        )?;
        writeln!(f, "{COMPILER}{}", self.compiler)?;
        writeln!(f, "#{:<41}{HEADINGS}", "")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, width) in self.name.split(' ').zip([8, 12, 11, 16]) {
            write!(f, "{word:<width$}")?;
        }
        let Figures { instructions, allocations, bytes } = self.figures;
        write!(f, "{instructions:>7}{allocations:>13.2}{bytes:>9}")
    }
}
