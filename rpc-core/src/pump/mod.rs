//! The pumps: what moves bytes between a stream and a connection's state.
//!
//! [`advance`] is what every pump does between reading and writing; a pump adds the two.

#[cfg(feature = "tokio")]
pub(crate) mod asynchronous;
mod block_on;
pub(crate) mod blocking;
#[cfg(feature = "tokio")]
mod buffers;

use std::time::Instant;

pub use block_on::block_on;

use crate::json_rpc::{Answer, Answered, Later, Session};
use crate::protocol::{Connection, Fault, ProtocolError};

/// What a pump does next, after writing what there is to write.
pub(crate) enum Step {
    /// Read more; whether a message has come since the last time.
    Read { after_message: bool },
    /// Go on: there are more messages than replies were to be gathered.
    Continue,
    /// Run this, and put its reply behind the others.
    Run(Later),
    /// Answer this message on a thread that may be blocked.
    Block(Blocking),
    /// Stop working on the call with this id.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    Cancel(String),
    /// Close the connection. What stands in the output from here on is said last, when the calls
    /// that still run have been answered.
    Close {
        #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
        last: usize,
    },
}

/// A message whose function blocks its thread.
pub(crate) struct Blocking {
    message: Vec<u8>,
    /// Its id, as the text it came as.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    id: Option<String>,
}

impl Blocking {
    /// Answers the message, on a thread that may be blocked.
    fn answer<A: Answer>(self, answer: &A, session: &Session) -> Vec<u8> {
        let mut out = Vec::new();
        match answer.answer(&self.message, &mut session.that_may_block(), &mut out) {
            Answered::Later(later) => finish(later),
            _ => out,
        }
    }
}

/// Runs the rest of a call on this thread. What comes when the caller has stopped waiting is no
/// result: the function may have ended because of that.
fn finish(later: Later) -> Vec<u8> {
    let begun = Instant::now();
    let reply = block_on(later.reply);
    match later.limit {
        Some((limit, late)) if begun.elapsed() >= limit => late,
        _ => reply,
    }
}

/// Answers the messages that have arrived, as many as replies may be gathered; `ended` when no
/// more bytes will come.
pub(crate) fn advance<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    ended: bool,
) -> Step {
    let mut after_message = false;
    while !connection.is_full() {
        let last = connection.output().len();
        let message = if ended { connection.last_message() } else { connection.next_message() };
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) if ended => return Step::Close { last },
            Ok(None) => return Step::Read { after_message },
            Err(error) => {
                refuse_bytes(connection, session, answer, &error);
                return Step::Close { last };
            }
        };
        after_message = true;
        let mut answered = Answered::Nothing;
        connection.reply(&message, |message, out| {
            answered = answer.answer(message, session, out);
            matches!(answered, Answered::Reply | Answered::Last)
        });
        match answered {
            Answered::Reply | Answered::Nothing => {}
            Answered::Last => return Step::Close { last },
            Answered::Cancel { id } => return Step::Cancel(id),
            Answered::Later(later) => return Step::Run(later),
            Answered::Blocks { id } => {
                let message = connection.message(&message).to_vec();
                return Step::Block(Blocking { message, id });
            }
        }
    }
    Step::Continue
}

/// Says what is wrong with bytes that are no message.
pub(crate) fn refuse_bytes<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    error: &ProtocolError,
) {
    refuse(connection, session, answer, &error.to_fault());
}

/// Says a fault that belongs to no message.
pub(crate) fn refuse<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    fault: &Fault,
) {
    connection.reply(&(0..0), |_, out| {
        answer.refuse(&[], fault, session, out);
        true
    });
}
