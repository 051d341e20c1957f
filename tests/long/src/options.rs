//! What the program is told on its command line.

use std::time::Duration;

use crate::promise::Effort;

const HELP: &str = "\
Tries what is promised. Without options: everything, with the figures that are promised, and an hour of soak.

  --quick           every promise with small figures, in about two minutes
  --only a,b        these promises
  --soak MINUTES    how long the soak takes
  --update          write the figures into docs/reliability.md
  --list            name the promises";

/// The options.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) effort: Effort,
    pub(crate) list: bool,
    pub(crate) update: bool,
    only: Vec<String>,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// What the user is to be told instead.
    pub(crate) fn read(arguments: &[&str]) -> Result<Self, String> {
        let (mut is_quick, mut soak) = (false, None);
        let mut options =
            Self { effort: Effort::full(None), list: false, update: false, only: Vec::new() };
        let mut arguments = arguments.iter().copied();
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().ok_or_else(|| format!("{argument} wants a value\n\n{HELP}"));
            match argument {
                "--quick" => is_quick = true,
                "--list" => options.list = true,
                "--update" => options.update = true,
                "--only" => options.only.extend(value()?.split(',').map(str::to_owned)),
                "--soak" => soak = Some(minutes(value()?)?),
                _ => return Err(HELP.to_owned()),
            }
        }
        options.effort = if is_quick { Effort::quick(soak) } else { Effort::full(soak) };
        let names: Vec<_> = crate::promises::all().iter().map(|promise| promise.name).collect();
        match options.only.iter().find(|only| !names.contains(&only.as_str())) {
            Some(unknown) => Err(format!("no promise is called {unknown}; --list names them")),
            None => Ok(options),
        }
    }

    /// Whether a promise is to be tried.
    pub(crate) fn chooses(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|_| format!("{text} is no number of minutes"))?;
    Duration::try_from_secs_f64(minutes * 60.0).map_err(|error| error.to_string())
}
