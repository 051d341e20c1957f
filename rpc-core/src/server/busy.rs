//! What a connection is told that there is no room for.

use std::sync::Arc;
use std::time::Duration;

use crate::json_rpc::{Answer, Answered, Session};
use crate::protocol::{Fault, code};
use crate::pump::Timeouts;
use crate::timing::LINGER;

/// Answers every message with one fault, as the last.
#[derive(Debug)]
pub(super) struct Busy<A> {
    answer: Arc<A>,
    fault: Fault,
    /// What a peer has to say what it wanted.
    patience: Duration,
}

impl<A> Busy<A> {
    /// For a server that has as many connections as it takes.
    pub(super) fn new(answer: &Arc<A>, limit: usize) -> Self {
        const PATIENCE: Duration = Duration::from_secs(1);
        let message = format!(
            "the server has {limit} connections open, as many as it takes; try again later"
        );
        Self::because(answer, message, PATIENCE)
    }

    /// For any other reason.
    pub(super) fn because(answer: &Arc<A>, message: impl Into<String>, patience: Duration) -> Self {
        let fault = Fault::new(code::OVERLOADED, message);
        Self { answer: Arc::clone(answer), fault, patience }
    }

    /// How long the peer may take.
    pub(super) fn timeouts(&self) -> Timeouts {
        let patience = self.patience;
        Timeouts { idle: patience, message: patience, write: patience, linger: LINGER }
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
