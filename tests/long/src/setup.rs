//! What a trial is given: the model and the effort, and ways to start a server.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tests::{Process, Served};

use crate::model::Model;
use crate::promise::Effort;

/// The servers that trials have started.
static STARTED: Mutex<Vec<Process>> = Mutex::new(Vec::new());

/// A trial of a server model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) model: Model,
    pub(crate) effort: Effort,
}

impl Setup {
    /// A small value in a quick run, and the promised one in a full run.
    pub(crate) fn pick<T>(&self, quick: T, full: T) -> T {
        self.effort.pick(quick, full)
    }

    /// Starts a server of the model.
    pub(crate) fn serve(&self, options: &str) -> Served {
        start(self.command(options).stderr(Stdio::null()))
    }

    /// The same, held to limits of the operating system: `--nofile=40`, as the program `prlimit` takes them.
    pub(crate) fn serve_limited(&self, limits: &str, options: &str) -> Served {
        start(self.limited_command(limits, options).stderr(Stdio::null()))
    }

    /// The command that starts one so.
    pub(crate) fn limited_command(&self, limits: &str, options: &str) -> Command {
        let mut limited = ends_with_us("prlimit".as_ref());
        limited.args(limits.split(' ')).arg(this_program());
        self.add_options(&mut limited, options);
        limited
    }

    /// The command that starts one.
    pub(crate) fn command(&self, options: &str) -> Command {
        let mut command = ends_with_us(&this_program());
        self.add_options(&mut command, options);
        command
    }

    fn add_options(&self, command: &mut Command, options: &str) {
        command.args(["serve", self.model.name()]).args(options.split_whitespace());
    }
}

/// The command of a program that the operating system ends in order when the thread that started it has gone:
/// with its trial, or with all of this program, whatever ended that.
pub(crate) fn ends_with_us(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(program);
    command
}

/// Starts a server by its command.
pub(crate) fn start(command: &mut Command) -> Served {
    let server = Served::start_by(command);
    STARTED.lock().unwrap().push(server.process());
    server
}

/// This program, to be started again.
pub(crate) fn this_program() -> PathBuf {
    env::current_exe().expect("a program that knows where it is")
}

/// Ends servers that a trial has left behind because it hung.
pub(crate) fn end_what_is_left() {
    for process in STARTED.lock().unwrap().drain(..) {
        // Its number may be somebody else's by now.
        let is_ours = fs::read(format!("/proc/{}/cmdline", process.0)).is_ok_and(|line| {
            let ours = this_program();
            line.starts_with(ours.as_os_str().as_encoded_bytes())
        });
        if is_ours && process.exists() {
            process.signal("KILL");
        }
    }
}
