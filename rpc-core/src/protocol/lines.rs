//! JSON in lines, where a line that is broken is one message and the next line another.
//!
//! A message may still take several lines, or share one. Only where it cannot go on as JSON does a line
//! tell where it ends.

use std::ops::Range;

use super::buffer::ReadBuffer;
use super::json::Reader;
use super::{Limits, ProtocolError};

/// What is known of a stream of lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Whether the rest of a line is stepped over.
    skips: bool,
    /// Where the part stands that was found to be broken last.
    broken: Option<Range<usize>>,
}

impl Lines {
    /// Has the rest of the line be stepped over, as far as it has come and is to come.
    pub(super) fn skip(&mut self, buffer: &mut ReadBuffer) {
        let end = line_end(buffer.waiting());
        self.skips = end.is_none();
        buffer.start = end.map_or(buffer.end, |end| buffer.start + end);
    }

    /// Steps over what is left of a broken line.
    pub(super) fn go_on(&mut self, buffer: &mut ReadBuffer) {
        if self.skips {
            self.skip(buffer);
        }
    }

    /// What is wrong with a message that has come in part, where a line of it has ended and it cannot go
    /// on behind that.
    pub(super) fn problem(waiting: &[u8]) -> Option<ProtocolError> {
        if waiting.last() != Some(&b'\n') {
            return None;
        }
        let error = match Reader::text(waiting) {
            Ok(text) => Reader::new(text, Limits::MAX_DEPTH).value().err()?,
            Err(error) => error,
        };
        match error {
            ProtocolError::Syntax { at, .. } if at >= waiting.len() => None,
            error => Some(error),
        }
    }

    /// Notes that what is waiting is broken, and steps over it: up to the line in which it cannot go on
    /// where that might be another message, or else up to the end of that line.
    pub(super) fn give_up(&mut self, error: &ProtocolError, buffer: &mut ReadBuffer) {
        let (ProtocolError::Syntax { at, .. } | ProtocolError::Utf8 { at }) = *error else {
            return self.step_over(0, buffer);
        };
        let before = buffer.waiting().get(..at).unwrap_or_default();
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if line > 0 && before[line..].trim_ascii().is_empty() {
            self.broken = Some(buffer.start..buffer.start + line);
            buffer.start += line;
        } else {
            self.step_over(at, buffer);
        }
    }

    fn step_over(&mut self, at: usize, buffer: &mut ReadBuffer) {
        let start = buffer.start;
        buffer.start = buffer.end.min(start + at);
        self.skip(buffer);
        self.broken = Some(start..buffer.start);
    }

    /// Where the part stands that was found to be broken, once.
    pub(super) fn take_broken(&mut self) -> Option<Range<usize>> {
        self.broken.take()
    }
}

/// Where the first line ends, behind its end.
fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
}
