//! The pumps: what moves bytes between a stream and a connection's state.
//!
//! [`advance`] is what every pump does between reading and writing; a pump adds the two.

#[cfg(feature = "tokio")]
pub(crate) mod asynchronous;
mod block_on;
pub(crate) mod blocking;
#[cfg(feature = "tokio")]
mod buffers;

pub use block_on::block_on;

use std::time::Duration;

use crate::json_rpc::{Answer, Answered, Later, Session};
use crate::protocol::websocket::{self, Close};
use crate::protocol::{Connection, Fault, code};

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
            Answered::Later(later) => block_on(later.reply),
            _ => out,
        }
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
            Ok(None) if ended || connection.is_closed() => {
                connection.close(&Close::after_all_replies(websocket::code::GOING_AWAY));
                return Step::Close { last };
            }
            Ok(None) => return Step::Read { after_message },
            Err(error) => {
                refuse(connection, session, answer, &error.to_fault());
                connection.close(&Close::after_error(&error));
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
            Answered::Last => {
                let close = Close::after_message(connection.message(&message));
                connection.close(&close);
                return Step::Close { last };
            }
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

/// Says that a message was begun and not finished in time, as the last thing.
pub(crate) fn refuse_late<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    limit: Duration,
) {
    let message = format!("a message was begun and not finished within {limit:?}");
    refuse(connection, session, answer, &Fault::new(code::TIMED_OUT, message));
    connection.close(&Close::with(websocket::code::POLICY));
}

/// Says that a peer has been silent for too long, where that can be said.
pub(crate) fn close_idle(connection: &mut Connection) {
    connection.close(&Close::after_all_replies(websocket::code::NORMAL));
}

/// Says a fault that belongs to no message.
fn refuse<A: Answer>(
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
