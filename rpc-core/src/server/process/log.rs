//! What a server says to those who operate it: at most a line a second.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::server::settings::LogSink;

use super::sys;

/// The least time between two lines.
const PAUSE: Duration = Duration::from_secs(1);

/// Says lines, and counts those that come too soon after another.
#[derive(Debug)]
pub(in crate::server) struct Log {
    sink: LogSink,
    said: Option<Instant>,
    left_out: u64,
}

impl Log {
    /// Has lines written to `sink`.
    pub(in crate::server) fn new(sink: &LogSink) -> Self {
        Self { sink: sink.clone(), said: None, left_out: 0 }
    }

    /// Says a line, unless another has just been said.
    pub(in crate::server) fn say(&mut self, line: &str) {
        if self.said.is_some_and(|said| said.elapsed() < PAUSE) {
            self.left_out += 1;
            return;
        }
        match self.left_out {
            0 => self.sink.line(line, to_stderr),
            count => {
                let line = format!("{line} ({count} lines before this were left out)");
                self.sink.line(&line, to_stderr);
            }
        }
        self.said = Some(Instant::now());
        self.left_out = 0;
    }
}

/// Writes a line to standard error, unless that would block: the process that keeps workers at work
/// waits for nobody who does not read.
fn to_stderr(line: &str) {
    let mut stderr = io::stderr();
    if sys::is_writable(stderr.as_fd()) {
        let _ = writeln!(stderr, "rpc server {}: {line}", std::process::id());
    }
}
