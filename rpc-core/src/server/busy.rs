//! What a connection is told that there is no room for.

use std::sync::Arc;
use std::time::Duration;

use crate::json_rpc::{Answer, Answered, Session};
use crate::protocol::{Fault, code};
use crate::pump::blocking::Timeouts;

/// Answers every message with one fault, as the last.
pub(super) struct Busy<A> {
    answer: Arc<A>,
    fault: Fault,
}

impl<A> Busy<A> {
    /// A peer that is turned away has little time to say what it wanted.
    pub(super) const TIMEOUTS: Timeouts = {
        const PATIENCE: Duration = Duration::from_secs(1);
        let linger = Timeouts::LINGER;
        Timeouts { idle: PATIENCE, message: PATIENCE, write: PATIENCE, linger }
    };

    /// For a server that has as many connections as it takes.
    pub(super) fn new(answer: &Arc<A>, limit: usize) -> Self {
        let message = format!(
            "the server has {limit} connections open, as many as it takes; try again later"
        );
        Self::because(answer, message)
    }

    /// For any other reason.
    pub(super) fn because(answer: &Arc<A>, message: impl Into<String>) -> Self {
        Self { answer: Arc::clone(answer), fault: Fault::new(code::OVERLOADED, message) }
    }
}

impl<A: Answer> Answer for Busy<A> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        self.answer.refuse(message, &self.fault, session, out);
        Answered::Last
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        self.answer.refuse(message, fault, session, out);
    }
}
