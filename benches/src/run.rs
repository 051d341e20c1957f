//! A run: contenders and scenarios, measured over several rounds.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::chart;
use crate::contenders::{self, Contender};
use crate::figures::Row;
use crate::measure::undisturbed;
use crate::scenario::{SCENARIOS, Scenario};
use crate::server::Server;
use crate::table;

/// What is to be measured, and for how long.
pub struct Run {
    contenders: Vec<&'static dyn Contender>,
    scenarios: Vec<&'static Scenario>,
    /// Odd, for the sake of medians.
    rounds: usize,
    /// How long everything takes together, where no sample is taken twice.
    time: Duration,
    /// Where the picture goes.
    svg: Option<PathBuf>,
}

impl Run {
    /// The run that these words ask for.
    ///
    /// # Errors
    ///
    /// Names the word that means nothing here, and those that do.
    pub fn of(words: &[&str]) -> Result<Self, String> {
        let (rounds, time) = if words.contains(&"--full") { (15, 600) } else { (5, 60) };
        let mut run = Self {
            contenders: Vec::new(),
            scenarios: Vec::new(),
            rounds,
            time: Duration::from_secs(time),
            svg: None,
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            if let Some(contender) = contenders::named(word) {
                run.contenders.push(contender);
            } else if let Some(scenario) = SCENARIOS.iter().find(|scenario| scenario.name == word) {
                run.scenarios.push(scenario);
            } else if word == "--svg" {
                run.svg = Some(words.next().ok_or("`--svg` takes the name of a file")?.into());
            } else if word != "--full" {
                return Err(unknown(word));
            }
        }
        if run.contenders.is_empty() {
            run.contenders = contenders::usual();
        }
        if run.scenarios.is_empty() {
            run.scenarios = SCENARIOS.iter().collect();
        }
        Ok(run)
    }

    /// Measures everything and prints a table for each scenario.
    pub fn measure(mut self) -> Result<(), Box<dyn Error>> {
        self.contenders.retain(|contender| {
            let missing = contender.missing();
            if let Some(missing) = missing {
                println!("skipped: {}: {missing}", contender.name());
            }
            missing.is_none()
        });
        let begun = Instant::now();
        let samples = self.rounds * self.contenders.len() * self.scenarios.len();
        let time = self.time / u32::try_from(samples)?;
        let time = time.min(Duration::from_secs(1));
        let mut results = Vec::new();
        for &scenario in &self.scenarios {
            let may_retry = || begun.elapsed() < self.time * 5 / 4;
            let rows = self.rows(scenario, time, may_retry)?;
            table::print(scenario, &rows);
            for contender in &self.contenders {
                if let Some(reason) = contender.cannot(scenario) {
                    println!("left out: {}: {reason}", contender.name());
                }
            }
            results.push((scenario, rows));
        }
        println!("\nmeasured in {} s", begun.elapsed().as_secs());
        if let Some(file) = self.svg {
            fs::write(file, chart::of(&results))?;
        }
        Ok(())
    }

    /// Measures every contender that takes part once a round.
    fn rows(
        &self,
        scenario: &Scenario,
        time: Duration,
        may_retry: impl Fn() -> bool,
    ) -> Result<Vec<Row>, Box<dyn Error>> {
        let able = self.contenders.iter().filter(|contender| contender.cannot(scenario).is_none());
        let start = |&contender| {
            let row = Row { contender, samples: Vec::with_capacity(self.rounds) };
            Ok::<_, Box<dyn Error>>((row, Server::start(contender)?))
        };
        let mut rows: Vec<(Row, Server)> = able.map(start).collect::<Result<_, _>>()?;
        for _ in 0..self.rounds {
            for (row, server) in &mut rows {
                row.samples.push(undisturbed(scenario, row.contender, server, time, may_retry())?);
            }
        }
        Ok(rows.into_iter().map(|(row, _)| row).collect())
    }
}

fn unknown(word: &str) -> String {
    let contenders: Vec<_> = contenders::all().iter().map(|contender| contender.name()).collect();
    let scenarios: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    let peers = if cfg!(feature = "peers") { "" } else { "; peers need `--features peers`" };
    format!(
        "`{word}` is neither a contender ({}{peers}) nor a scenario ({})",
        contenders.join(", "),
        scenarios.join(", ")
    )
}
