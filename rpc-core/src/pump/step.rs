//! What every pump does between reading and writing: answers what has arrived.

use std::mem;
use std::ops::Range;
use std::time::Duration;

use crate::dialect::{Dialect, OfStream};
use crate::json_rpc::{Answer, Answered, Asking, Found, Later, Session};
use crate::protocol::websocket::{self, Close};
use crate::protocol::{Connection, Fault, Framing, Protocol, ProtocolError, code};

use super::not_http;
use super::voice::Voice;

/// What a pump does next, after writing what there is to write.
pub(super) enum Step {
    /// Read more; whether a message has come since the last time.
    Read { after_message: bool },
    /// Go on: there are more messages than replies were to be gathered.
    Continue,
    /// Do what must be done for this reply, and put it behind the others.
    Run(Later),
    /// Find out who has sent this message, and then answer it, before all others.
    Ask(Box<(Asking, Vec<u8>)>),
    /// Stop working on the call with this id.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    Cancel(String),
    /// Something is said of the stream or the upload of the call with this id.
    OfStream(String, OfStream),
    /// Hand the connection over: its first bytes begin HTTP.
    Http,
    /// Close the connection. What stands in the output from here on is said last, when the calls
    /// that still run have been answered.
    Close {
        #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
        last: usize,
    },
}

/// How a pump's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a connection that speaks HTTP goes on as one"]
pub(crate) enum End {
    /// The connection is closed.
    Closed,
    /// Its first bytes begin HTTP, and nothing has been made of them.
    Http,
}

/// Answers the messages that have arrived, as many as replies may be gathered; `ended` when no
/// more bytes will come.
pub(super) fn advance<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    ended: bool,
    voice: &Voice,
) -> Step {
    let mut after_message = false;
    if connection.begins_http() {
        return Step::Http;
    }
    while !connection.is_full() {
        let last = connection.output().len();
        let is_first = connection.is_undecided();
        let message = if ended { connection.last_message() } else { connection.next_message() };
        if is_first && connection.framing() == Some(Framing::Header) {
            session.speak(Dialect::JsonRpc);
        }
        let message = match message {
            Ok(Some(message)) => {
                if is_first {
                    voice.learn(connection, connection.message(&message));
                }
                message
            }
            Ok(None) if ended || connection.is_closed() => {
                connection.close(&Close::after_all_replies(websocket::code::GOING_AWAY));
                return Step::Close { last };
            }
            Ok(None) => return Step::Read { after_message },
            Err(error) => {
                session.context.unreadable(&error);
                if let Some(part) = connection.take_broken() {
                    refuse(connection, session, answer, part, &error.to_fault());
                    after_message = true;
                    continue;
                }
                refuse_bytes(connection, session, answer, &error);
                return Step::Close { last };
            }
        };
        after_message = true;
        let mut answered = Answered::Nothing;
        connection.reply(&message, |message, out| {
            // There was nothing to let go of, which the compiler does not see.
            mem::forget(mem::replace(&mut answered, answer.answer(message, session, out)));
            matches!(answered, Answered::Reply | Answered::Broken | Answered::Last)
        });
        match answered {
            Answered::Reply | Answered::Nothing => {}
            Answered::Broken if connection.go_on() => {}
            Answered::Broken | Answered::Last => {
                let close = Close::after_message(connection.message(&message));
                connection.close(&close);
                return Step::Close { last };
            }
            Answered::Cancel { id } => return Step::Cancel(id),
            Answered::OfStream { id, said } => return Step::OfStream(id, said),
            Answered::Later(later) => return Step::Run(later),
            Answered::Asks(asking) => {
                let message = connection.message(&message).to_vec();
                return Step::Ask(Box::new((asking, message)));
            }
        }
    }
    Step::Continue
}

/// Answers a message now that it is found out who has sent it; what takes time is returned.
pub(super) fn answer_as_found<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    found: Found,
    message: &[u8],
) -> Option<Later> {
    let mut out = Vec::new();
    let answered = answer.answer_as_found(found, message, session, &mut out);
    connection.append(&out);
    match answered {
        Answered::Later(later) => Some(later),
        // A message that cannot be read, or is the last, has nobody asked who has sent it.
        _ => None,
    }
}

/// Says what is wrong with bytes that are no message.
fn refuse_bytes<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    error: &ProtocolError,
) {
    let message = match error {
        ProtocolError::Disabled { protocol: Protocol::Http } => {
            let protocols = connection.limits().protocols;
            return connection.say(|out| not_http::respond(out, protocols));
        }
        ProtocolError::Truncated
        | ProtocolError::TooLarge { .. }
        | ProtocolError::TooDeep { .. }
        | ProtocolError::NoMemory { .. } => connection.partial(),
        // How many bytes have come behind these is chance.
        _ => 0..0,
    };
    refuse(connection, session, answer, message, &error.to_fault());
    connection.close(&Close::after_error(error));
}

/// Says a fault of a message that has not come whole, or of none.
fn refuse<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    message: Range<usize>,
    fault: &Fault,
) {
    connection.reply(&message, |message, out| {
        answer.refuse(message, fault, session, out);
        true
    });
}

/// Has something said of the part of a message that has come.
#[cfg(unix)]
pub(super) fn refuse_partial(
    connection: &mut Connection,
    session: &mut Session,
    say: impl FnOnce(&[u8], &mut Session, &mut Vec<u8>),
) {
    let partial = connection.partial();
    connection.reply(&partial, |message, out| {
        say(message, session, out);
        true
    });
    connection.close(&Close::with(websocket::code::POLICY));
}

/// Says that a message was begun and not finished in time.
pub(super) fn refuse_late<A: Answer>(
    connection: &mut Connection,
    session: &mut Session,
    answer: &A,
    limit: Duration,
) {
    let message = format!(
        "a message was begun and not finished within {limit:?}; be faster, or raise the server's \
         `message_timeout`"
    );
    let partial = connection.partial();
    refuse(connection, session, answer, partial, &Fault::new(code::TIMED_OUT, message));
    connection.close(&Close::with(websocket::code::POLICY));
}

/// Says that a peer has been silent for too long, or that the server stops, where that can be said.
pub(super) fn close_silent(connection: &mut Connection, stops: bool) {
    let code = if stops { websocket::code::GOING_AWAY } else { websocket::code::NORMAL };
    connection.close(&Close::after_all_replies(code));
}
