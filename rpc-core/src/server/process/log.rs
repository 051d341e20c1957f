//! What a server says to those who operate it: at most a line a second.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::server::service::Say;

use super::sys;

/// The least time between two lines.
const PAUSE: Duration = Duration::from_secs(1);

/// Says lines, and counts those that come too soon after another.
#[derive(Debug)]
pub(in crate::server) struct Log {
    say: Say,
    said: Option<Instant>,
    left_out: u64,
}

impl Log {
    /// Has lines said by `say`.
    pub(in crate::server) fn new(say: &Say) -> Self {
        Self { say: say.clone(), said: None, left_out: 0 }
    }

    /// Says a line, unless another has just been said.
    pub(in crate::server) fn say(&mut self, line: &str) {
        if self.said.is_some_and(|said| said.elapsed() < PAUSE) {
            self.left_out += 1;
            return;
        }
        match self.left_out {
            0 => self.say.line(line),
            count => self.say.line(&format!("{line} ({count} lines before this were left out)")),
        }
        self.said = Some(Instant::now());
        self.left_out = 0;
    }
}

/// Writes a line to standard error, unless that would block: the process that keeps workers at work
/// waits for nobody who does not read.
pub(in crate::server) fn to_stderr(line: &str) {
    let mut stderr = io::stderr();
    if sys::is_writable(stderr.as_fd()) {
        let _ = writeln!(stderr, "rpc server {}: {line}", std::process::id());
    }
}
