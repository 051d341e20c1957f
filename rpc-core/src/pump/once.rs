//! A connection whose first message is also its last, moved without waiting.

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;

use super::step::{Step, advance, refuse_partial};
use super::voice::Voice;

/// What came of what has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    /// There is no whole message yet.
    Waits,
    /// Its answer stands in the output, and nothing follows.
    Answered,
    /// The connection speaks HTTP.
    Http,
}

/// Answers the one message, if it has arrived; `ended` when nothing more will.
pub(crate) fn answer_once<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    ended: bool,
) -> Once {
    match advance(connection, session, answer, ended, &Voice::default()) {
        Step::Read { .. } => Once::Waits,
        Step::Http => Once::Http,
        Step::Continue
        | Step::Run(_)
        | Step::Ask(_)
        | Step::Cancel(_)
        | Step::OfStream(..)
        | Step::Close { .. } => Once::Answered,
    }
}

/// Answers the part of a message that has come, which is enough to see whose it is.
pub(crate) fn answer_partial<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
) {
    refuse_partial(connection, session, |message, session, out| {
        let _ = answer.answer(message, session, out);
    });
}
