//! Stands in for the log of systems that fork, whose standard error is never waited for.

use std::time::{Duration, Instant};

use super::settings::LogSink;

/// Says lines, at most one a second.
#[derive(Debug)]
pub(super) struct Log {
    sink: LogSink,
    said: Option<Instant>,
}

impl Log {
    pub(super) fn new(sink: &LogSink) -> Self {
        Self { sink: sink.clone(), said: None }
    }

    pub(super) fn say(&mut self, line: &str) {
        const PAUSE: Duration = Duration::from_secs(1);
        if self.said.is_none_or(|said| said.elapsed() >= PAUSE) {
            self.said = Some(Instant::now());
            self.sink.line(line, |line| eprintln!("rpc server: {line}"));
        }
    }
}
