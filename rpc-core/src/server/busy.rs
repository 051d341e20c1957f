//! What a connection is told that there is no room for.

use std::sync::Arc;
use std::time::Duration;

use crate::json_rpc::{Answer, Answered, Session, come_again};
use crate::protocol::Fault;
use crate::pump::Timeouts;
use crate::timing::{COME_AGAIN, LINGER};

/// What a peer has to say what it wanted.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Answers every message with one fault, as the last.
#[derive(Debug)]
pub(super) struct Busy<A> {
    answer: Arc<A>,
    fault: Fault,
}

/// How many connections a model has room for, and the setting that says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) limit: usize,
    pub(super) setting: &'static str,
}

impl Room {
    /// As many as the `max_connections` of a model.
    pub(super) fn connections(limit: usize) -> Self {
        Self { limit, setting: "max_connections" }
    }
}

impl<A> Busy<A> {
    /// For a server that has as many connections as it takes.
    pub(super) fn new(answer: &Arc<A>, Room { limit, setting }: Room) -> Self {
        Self::because(
            answer,
            format!(
                "the server has {limit} connections open, as many as its `{setting}` allows; \
                 try again later"
            ),
        )
    }

    /// For any other reason.
    pub(super) fn because(answer: &Arc<A>, message: impl Into<String>) -> Self {
        Self { answer: Arc::clone(answer), fault: come_again(message, COME_AGAIN) }
    }

    /// What everybody is answered.
    #[cfg(unix)]
    pub(super) fn fault(&self) -> &Fault {
        &self.fault
    }

    /// For a peer that is told something else.
    #[cfg(any(unix, feature = "tls"))]
    pub(super) fn saying(answer: &Arc<A>, fault: Fault) -> Self {
        Self { answer: Arc::clone(answer), fault }
    }

    /// How long the peer may take.
    pub(super) fn timeouts() -> Timeouts {
        Timeouts { idle: PATIENCE, message: PATIENCE, write: PATIENCE, linger: LINGER }
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

    fn cut_off(&self) {
        self.answer.cut_off();
    }
}
