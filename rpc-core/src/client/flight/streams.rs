//! Streams in flight: calls whose items come before their replies.
//!
//! A stream is in flight as any call is, and its end is its reply. What comes before that is kept here, so
//! that nothing of it stands in the way of other calls.

use std::time::Duration;

use crate::dialect::{Dialect, ItemBatch, ReplyId, end_stream_call, write_credit};
use crate::error::{Error, IoErrorKind};
use crate::protocol::{ArgumentError, Credit, ProtocolError};

use super::arriving::{Arrived, Arriving};
use super::reply::Reply;
use super::{Flight, InFlight, Progress};

impl<W> Flight<W> {
    /// Queues a call that is answered with items, and returns its number. So many may be sent to begin with; where
    /// it begins a subscription of JSON-RPC, that is ended by calling `unsubscribe`, and so many are kept.
    pub(in crate::client) fn open(
        &mut self,
        method: &str,
        timeout: Option<Duration>,
        window: Credit,
        unsubscribe: Option<&str>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        self.has_room()?;
        let call = self.next_call;
        let starts_at = self.queue(method, write, |dialect, out| match unsubscribe {
            None => end_stream_call(out, call, timeout, window),
            Some(_) => dialect.end_call(out, Some(call), None),
        })?;
        if let Some(unsubscribe) = unsubscribe {
            self.ask(call, unsubscribe);
        }
        self.streams.insert(call, Arriving::new(window));
        self.begin(InFlight { starts_at, wants_result: true, waiter: None, reply: None });
        Ok(call)
    }

    /// Keeps items that have come, and puts who waits for them into `awake`.
    #[inline(never)]
    pub(super) fn receive_items(&mut self, id: ReplyId<'_>, items: ItemBatch, awake: &mut Vec<W>) {
        let call = match id {
            ReplyId::Call(call) if call < self.next_call => call,
            _ => return self.dropped.note(self.next_call, id),
        };
        // Of a stream that was given up some may still be on their way.
        let (Some(stream), Some(entry)) = (self.streams.get_mut(&call), self.calls.get_mut(&call))
        else {
            return;
        };
        if entry.reply.is_some() || items.count == 0 {
            return;
        }
        awake.extend(entry.waiter.take());
        if !stream.receive(items) {
            let problem =
                "more items came than the stream's credit allows; the stream was cancelled";
            entry.reply = Some(Reply(Err(ProtocolError::NotAReply(problem.to_owned()).into())));
            self.say_cancelled(call);
        }
    }

    /// Takes what has come of a stream; `waiter` says who is woken when something comes later.
    pub(in crate::client) fn arrived(
        &mut self,
        call: u64,
        method: &str,
        waiter: impl FnOnce() -> Option<W>,
    ) -> Arrived {
        let stream = self.streams.get_mut(&call);
        if let Some(items) = stream.and_then(|stream| stream.batches.pop_front()) {
            return Arrived::Items(items);
        }
        let end = match self.progress(call, method, waiter) {
            Progress::Waiting => return Arrived::Nothing,
            Progress::Answered(reply) => reply.text(|| self.doing(method)),
            Progress::Failed(error) => Err(error),
        };
        let stream = self.streams.remove(&call);
        let has_begun = stream.is_some_and(|stream| stream.account.received.items > 0);
        Arrived::End(end.map_err(|error| match error {
            // Whatever the other side says of calls that it has not answered.
            Error::Io(error) if has_begun && error.kind() == IoErrorKind::Lost => {
                error.may_have_run(true).into()
            }
            error => error,
        }))
    }

    /// Whether something has come of a stream that was not taken yet.
    pub(in crate::client) fn has_arrived(&self, call: u64) -> bool {
        self.has_ended(call)
            || self.streams.get(&call).is_none_or(|stream| !stream.batches.is_empty())
    }

    /// Whether a stream's end has come, which may not have been taken yet.
    pub(in crate::client) fn has_ended(&self, call: u64) -> bool {
        self.lost.is_some() || self.calls.get(&call).is_none_or(|call| call.reply.is_some())
    }

    /// Lets so much of a stream come, since it began.
    pub(in crate::client) fn grant(&mut self, call: u64, granted: Credit) {
        let has_ended = self.has_ended(call);
        if let Some(stream) = self.streams.get_mut(&call)
            && !has_ended
        {
            stream.account.grant(granted);
            if !self.dialect.has_streams() {
                return;
            }
            let start = self.outgoing.len();
            write_credit(&mut self.outgoing, self.framing, call, granted);
            self.queued += (self.outgoing.len() - start) as u64;
        }
    }

    /// Gives a stream up, and tells the other side so unless it has ended it.
    pub(in crate::client) fn close_stream(&mut self, call: u64) {
        self.streams.remove(&call);
        self.uploads.remove(&call);
        if self.calls.remove(&call).is_some_and(|call| call.reply.is_none())
            && !self.end_subscription(call)
        {
            self.say_cancelled(call);
        }
    }
}
