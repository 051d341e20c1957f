//! A promise: what is said, how it is tried, and the figures that a trial comes to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::model::Model;
use crate::setup::Setup;

/// Something that the service promises.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    pub(crate) name: &'static str,
    /// What is promised, as operators read it.
    pub(crate) says: &'static str,
    pub(crate) trial: Trial,
    /// Whether its trials may run beside each other, because they wait and measure no speed.
    pub(crate) side_by_side: bool,
}

/// How a promise is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trial {
    /// With a server of each of these models.
    Server(&'static [Model], fn(Setup) -> Figures),
    /// With each client.
    Client(fn(Client, Effort) -> Figures),
    /// Once.
    Once(fn(Effort) -> Figures),
}

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Blocking,
    Asynchronous,
}

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effort {
    pub(crate) is_quick: bool,
    pub(crate) soak: Duration,
}

impl Effort {
    /// Enough to see that a promise holds roughly, and that its trial works.
    pub(crate) fn quick(soak: Option<Duration>) -> Self {
        Self { is_quick: true, soak: soak.unwrap_or(Duration::from_secs(15)) }
    }

    /// The promised figures.
    pub(crate) fn full(soak: Option<Duration>) -> Self {
        Self { is_quick: false, soak: soak.unwrap_or(Duration::from_secs(3600)) }
    }

    /// A small value in a quick run, and the promised one in a full run.
    pub(crate) fn pick<T>(self, quick: T, full: T) -> T {
        if self.is_quick { quick } else { full }
    }

    /// How long one trial may take before it counts as one that hangs.
    fn patience(self) -> Duration {
        self.soak + self.pick(Duration::from_secs(180), Duration::from_secs(1800))
    }
}

/// Where a figure must stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// It is only told.
    None,
}

/// Something measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figure {
    pub(crate) what: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) bound: Bound,
}

impl Figure {
    /// Whether it stands where it must.
    pub(crate) fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.value <= most,
            Bound::AtLeast(least) => self.value >= least,
            Bound::None => true,
        }
    }

    /// Whether another of the same thing is worse.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        match self.bound {
            Bound::AtLeast(_) => self.value > other.value,
            _ => self.value < other.value,
        }
    }
}

/// What a trial comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) list: Vec<Figure>,
    /// Why nothing was tried.
    pub(crate) skipped: Option<String>,
    /// What was seen that should not be, for people.
    pub(crate) remarks: Vec<String>,
}

impl Figures {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Nothing was tried here.
    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self { skipped: Some(why.into()), ..Self::default() }
    }

    /// Adds one that may be so much at most.
    pub(crate) fn at_most(
        self,
        what: &'static str,
        value: f64,
        unit: &'static str,
        most: f64,
    ) -> Self {
        self.with(Figure { what, value, unit, bound: Bound::AtMost(most) })
    }

    /// Adds one that must be so much at least.
    pub(crate) fn at_least(
        self,
        what: &'static str,
        value: f64,
        unit: &'static str,
        least: f64,
    ) -> Self {
        self.with(Figure { what, value, unit, bound: Bound::AtLeast(least) })
    }

    /// Adds one that is only told.
    pub(crate) fn told(self, what: &'static str, value: f64, unit: &'static str) -> Self {
        self.with(Figure { what, value, unit, bound: Bound::None })
    }

    /// Adds a count of what must not happen.
    pub(crate) fn none(self, what: &'static str, count: usize) -> Self {
        self.at_most(what, count as f64, "", 0.0)
    }

    /// The same with what was seen each time, of which the first few are told.
    pub(crate) fn none_of(self, what: &'static str, seen: &[String]) -> Self {
        let mut figures = self.none(what, seen.len());
        figures.remarks.extend(seen.iter().take(3).cloned());
        figures
    }

    fn with(mut self, figure: Figure) -> Self {
        self.list.push(figure);
        self
    }

    /// Whether every one stands where it must.
    pub(crate) fn hold(&self) -> bool {
        self.list.iter().all(Figure::holds)
    }
}

/// Who was tried, and what came of it: figures, or why there are none.
pub(crate) type Outcome = (&'static str, Result<Figures, String>);

type Run = Box<dyn FnOnce() -> Figures + Send>;

impl Promise {
    /// One that is tried with a server of each of these models.
    pub(crate) const fn of_servers(
        name: &'static str,
        models: &'static [Model],
        trial: fn(Setup) -> Figures,
        says: &'static str,
    ) -> Self {
        Self { name, says, trial: Trial::Server(models, trial), side_by_side: false }
    }

    /// One that is tried with each client.
    pub(crate) const fn of_clients(
        name: &'static str,
        trial: fn(Client, Effort) -> Figures,
        says: &'static str,
    ) -> Self {
        Self { name, says, trial: Trial::Client(trial), side_by_side: false }
    }

    /// One that is tried once.
    pub(crate) const fn of_all(
        name: &'static str,
        trial: fn(Effort) -> Figures,
        says: &'static str,
    ) -> Self {
        Self { name, says, trial: Trial::Once(trial), side_by_side: false }
    }

    /// The same, where trials may run beside each other.
    pub(crate) const fn side_by_side(self) -> Self {
        Self { side_by_side: true, ..self }
    }

    /// Tries it with everybody whom it concerns.
    pub(crate) fn try_it(&self, effort: Effort) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut waiting = Vec::new();
        for (who, run) in self.trials(effort) {
            let running = begin(run);
            if self.side_by_side {
                waiting.push((who, running));
            } else {
                outcomes.push((who, end(&running, effort)));
            }
        }
        outcomes.extend(waiting.into_iter().map(|(who, running)| (who, end(&running, effort))));
        outcomes
    }

    fn trials(&self, effort: Effort) -> Vec<(&'static str, Run)> {
        match self.trial {
            Trial::Server(models, trial) => {
                let trials = models.iter().map(|&model| {
                    let run: Run = Box::new(move || trial(Setup { model, effort }));
                    (model.name(), run)
                });
                trials.collect()
            }
            Trial::Client(trial) => {
                let clients =
                    [("blocking", Client::Blocking), ("asynchronous", Client::Asynchronous)];
                let trials = clients.map(|(name, client)| {
                    let run: Run = Box::new(move || trial(client, effort));
                    (name, run)
                });
                trials.into()
            }
            Trial::Once(trial) => vec![("", Box::new(move || trial(effort)))],
        }
    }
}

/// Runs a trial on a thread of its own, which may hang.
fn begin(run: Run) -> Receiver<Result<Figures, String>> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
        });
        let _ = tell.send(result);
    });
    told
}

fn end(running: &Receiver<Result<Figures, String>>, effort: Effort) -> Result<Figures, String> {
    let patience = effort.patience();
    running.recv_timeout(patience).unwrap_or_else(|_| Err(format!("not ended within {patience:?}")))
}
