//! What a server says to those who operate it: at most a line a second.

use std::time::{Duration, Instant};

use super::busy::Room;
use super::settings::LogSink;

/// The least time between two lines.
const PAUSE: Duration = Duration::from_secs(1);

/// Says lines. Of those that come too soon after another it keeps the last and counts the others, and of
/// connections that are turned away it says how many.
#[derive(Debug)]
pub(super) struct Log {
    sink: LogSink,
    to_stderr: fn(&str),
    said: Option<Instant>,
    kept: Option<String>,
    left_out: u64,
    refused: u64,
    /// What there was no more of when they were.
    room: Option<Room>,
}

impl Log {
    /// Has lines written to `sink`, or by `to_stderr` where it says nothing else.
    pub(super) fn new(sink: &LogSink, to_stderr: fn(&str)) -> Self {
        Self {
            sink: sink.clone(),
            to_stderr,
            said: None,
            kept: None,
            left_out: 0,
            refused: 0,
            room: None,
        }
    }

    /// Says a line, unless another has just been said: then it is kept until it may be.
    pub(super) fn say(&mut self, line: &str) {
        if self.kept.take().is_some() {
            self.left_out += 1;
        }
        if self.may_speak() { self.write(line) } else { self.kept = Some(line.to_owned()) }
    }

    /// Says that there was no room for a connection; for how many, where that has just been said.
    pub(super) fn refuse(&mut self, room: Room) {
        self.refused += 1;
        self.room = Some(room);
        if self.may_speak() {
            self.say_refused();
        }
    }

    /// Says a line that was kept, if it may be said now.
    #[cfg(unix)]
    pub(super) fn go_on(&mut self) {
        if self.may_speak() {
            self.say_kept();
        }
    }

    /// When there is a line to be said.
    #[cfg(unix)]
    pub(super) fn due(&self) -> Option<Instant> {
        let said = self.said.filter(|_| self.kept.is_some())?;
        Some(said + PAUSE)
    }

    /// Says what was kept, since nothing comes any more.
    pub(super) fn end(&mut self) {
        self.say_kept();
        self.say_refused();
    }

    fn may_speak(&self) -> bool {
        self.said.is_none_or(|said| said.elapsed() >= PAUSE)
    }

    fn say_kept(&mut self) {
        if let Some(line) = self.kept.take() {
            self.write(&line);
        }
    }

    fn say_refused(&mut self) {
        let those = match std::mem::take(&mut self.refused) {
            0 => return,
            1 => "a connection was".to_owned(),
            count => format!("{count} connections were"),
        };
        let room = self.room.map(|Room { limit, setting }| format!("; `{setting}` is {limit}"));
        let room = room.unwrap_or_default();
        self.write(&format!("the server is full: {those} turned away{room}"));
    }

    fn write(&mut self, line: &str) {
        match std::mem::take(&mut self.left_out) {
            0 => self.sink.line(line, self.to_stderr),
            count => {
                let line = format!("{line} ({count} lines before this were left out)");
                self.sink.line(&line, self.to_stderr);
            }
        }
        self.said = Some(Instant::now());
    }
}
