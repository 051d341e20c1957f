//! Several calls in one message, answered in one reply: JSON-RPC 2.0, section 6.
//!
//! Plain functions run one after another, straight into the output. What is asynchronous or blocks
//! its thread is put aside meanwhile; those run side by side, and their replies are put into the gaps
//! they left, so that replies stand in the order of the calls.

use crate::dialect::{Dialect, Elements, Incoming, Request, Unreadable, read_element};
use crate::protocol::{Fault, Limits};
use crate::registry::{Deferred, Dispatch, Job};

use super::later::{Later, Reply};
use super::room::Room;
use super::run::run;
use super::side_by_side::side_by_side;
use super::{Answered, JsonRpc, Session};

/// Answers the calls of a batch.
pub(super) fn answer_batch<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    elements: &Elements<'_>,
    session: &mut Session,
    out: &mut Vec<u8>,
) -> Answered {
    let Elements { texts, count } = elements;
    session.hear(Dialect::JsonRpc, false);
    let limit = session.limits.max_batch_calls;
    let refusal = match *count {
        0 => "a batch has at least one call".to_owned(),
        count if count > limit => format!(
            "a batch of {count} calls is over the limit of {limit}; send fewer at a time, or raise \
             `Limits::max_batch_calls`"
        ),
        _ => {
            let mut parts = Parts::begin(*count, &session.limits, out);
            for text in texts {
                let answered = answer_element(json_rpc, text, parts.room(), session, out);
                parts.add(answered, out);
            }
            return parts.end(out);
        }
    };
    Dialect::JsonRpc.write_fault(out, None, &Fault::invalid_request(refusal));
    Answered::Reply
}

fn answer_element<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    text: &str,
    room: &Room,
    session: &mut Session,
    out: &mut Vec<u8>,
) -> Answered {
    let mut request = Request::default();
    let (id, fault) = match read_element(text, &session.limits, &mut request) {
        Ok(Incoming::Call) if request.dialect == Dialect::JsonRpc => {
            session.context.begin(request.dialect.name(), None);
            return run(json_rpc, &request, room, session, out);
        }
        Ok(_) => {
            let message = "a batch has calls of JSON-RPC 2.0 alone, with `jsonrpc` and `method`";
            (request.id, Fault::invalid_request(message))
        }
        Err(Unreadable::NotACall { id, fault, .. }) => (id, fault),
        Err(Unreadable::Broken(error)) => (None, error.to_fault()),
    };
    Dialect::JsonRpc.write_fault(out, id, &fault);
    Answered::Reply
}

/// The replies of several calls on their way into an array.
#[derive(Debug)]
pub(crate) struct Parts {
    start: usize,
    room: Room,
    calls: usize,
    gaps: Vec<Gap>,
}

/// A place for a reply that is still to come.
#[derive(Debug)]
struct Gap {
    at: usize,
    later: Later,
}

impl Parts {
    /// Starts an array of so many replies at the end of `out`.
    pub(crate) fn begin(calls: usize, limits: &Limits, out: &mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'[');
        Self { start, room: Room::of_batch(limits, calls), calls, gaps: Vec::new() }
    }

    /// What its replies take their room from.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Takes note of what became of the next call.
    pub(crate) fn add(&mut self, answered: Answered, out: &mut Vec<u8>) {
        match answered {
            Answered::Reply | Answered::Last => out.push(b','),
            Answered::Nothing | Answered::Cancel { .. } => {}
            Answered::Later(later) => self.gaps.push(Gap { at: out.len() - self.start, later }),
        }
    }

    /// Ends the array: it stands in `out`, or is still to come. Where no call wants a reply there is
    /// none (section 6).
    pub(crate) fn end(self, out: &mut Vec<u8>) -> Answered {
        let Self { start, calls, gaps, .. } = self;
        if gaps.is_empty() {
            close(out, start);
            return if out.len() > start { Answered::Reply } else { Answered::Nothing };
        }
        let done = out.split_off(start);
        Answered::Later(Later::batch(Batch { calls, done, gaps }))
    }
}

/// Puts the bracket in the place of the last comma, and leaves nothing of an empty array.
fn close(out: &mut Vec<u8>, start: usize) {
    if out.len() == start + 1 {
        out.truncate(start);
    } else if let Some(comma) = out.last_mut() {
        *comma = b']';
    }
}

/// Several calls, some of which have their replies.
#[derive(Debug)]
pub(crate) struct Batch {
    calls: usize,
    /// The replies so far, with a comma behind each.
    done: Vec<u8>,
    gaps: Vec<Gap>,
}

impl Batch {
    /// How many calls they are.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code))]
    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    /// The array of all replies, for which `block` runs what blocks a thread.
    pub(super) fn reply(self, block: &impl Fn(Job) -> Deferred) -> Reply {
        let Self { done, gaps, .. } = self;
        let (places, coming): (Vec<_>, Vec<_>) =
            gaps.into_iter().map(|Gap { at, later }| (at, later.reply_with(block))).unzip();
        Box::pin(async move {
            let replies = side_by_side(coming).await;
            let size = replies.iter().map(|reply| reply.len() + 1).sum::<usize>();
            let mut out = Vec::with_capacity(done.len() + size);
            let mut from = 0;
            for (at, reply) in places.into_iter().zip(replies) {
                out.extend_from_slice(&done[from..at]);
                from = at;
                if !reply.is_empty() {
                    out.extend_from_slice(&reply);
                    out.push(b',');
                }
            }
            out.extend_from_slice(&done[from..]);
            close(&mut out, 0);
            out
        })
    }
}
