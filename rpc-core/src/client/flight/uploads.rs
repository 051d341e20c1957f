//! Calls that items are sent to, one after another, as far as the other side has room for them.

use std::time::Duration;

use crate::dialect::{Dialect, ReplyId, begin_items, end_uploading_call, finish_items, write_end};
use crate::error::{Error, Misuse};
use crate::protocol::{ArgumentError, Credit};
use crate::registry::Inlet;

use super::arriving::Arriving;
use super::{Flight, InFlight};

/// Whether more items of an upload may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Room {
    /// So many, in all.
    For(Credit),
    /// None before the other side says so.
    None,
    /// Nobody wants any more: the call has ended.
    Over,
}

impl<W> Flight<W> {
    /// Queues a call that items are sent to, and returns its number. Where it is answered with items itself, so many may
    /// be sent to begin with.
    pub(in crate::client) fn begin_upload(
        &mut self,
        method: &str,
        timeout: Option<Duration>,
        window: Option<Credit>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        self.has_room()?;
        let call = self.next_call;
        let end = |_, out: &mut Vec<u8>| end_uploading_call(out, call, timeout, window);
        let starts_at = self.queue(method, write, end)?;
        if let Some(window) = window {
            self.streams.insert(call, Arriving::new(window));
        }
        self.uploads.insert(call, Inlet::WINDOW);
        self.begin(InFlight { starts_at, wants_result: true, waiter: None, reply: None });
        Ok(call)
    }

    /// Whether another item may be sent where so much has been.
    pub(in crate::client) fn room(&self, call: u64, sent: Credit) -> Room {
        match self.uploads.get(&call) {
            Some(_) if self.has_ended(call) => Room::Over,
            Some(credit) if credit.lets(sent) => Room::For(*credit),
            Some(_) => Room::None,
            None => Room::Over,
        }
    }

    /// Queues items, the texts of which have a comma behind each.
    pub(in crate::client) fn send_items(&mut self, call: u64, items: &[u8]) -> Result<(), Error> {
        if items.is_empty() || self.has_ended(call) {
            return Ok(());
        }
        let start = self.outgoing.len();
        let body = begin_items(&mut self.outgoing, self.framing);
        self.outgoing.extend_from_slice(items);
        finish_items(&mut self.outgoing, self.framing, body, call);
        let (size, limit) = (self.outgoing.len() - start, self.limits.max_message_bytes);
        if size > limit {
            self.outgoing.truncate(start);
            let method = "an item of an upload".to_owned();
            return Err(Misuse::CallTooLarge { method, size, limit }.into());
        }
        self.queued += size as u64;
        Ok(())
    }

    /// Says that all items have been sent.
    pub(in crate::client) fn end_upload(&mut self, call: u64) {
        if self.uploads.remove(&call).is_some() && !self.has_ended(call) {
            let start = self.outgoing.len();
            write_end(&mut self.outgoing, self.framing, call);
            self.queued += (self.outgoing.len() - start) as u64;
        }
    }

    /// Takes note that no more items are sent to a call that has ended or is given up.
    pub(in crate::client) fn stop_upload(&mut self, call: u64) {
        self.uploads.remove(&call);
    }

    /// Takes note that there is room for more, and puts who waits for it into `awake`.
    pub(super) fn receive_credit(&mut self, id: ReplyId<'_>, total: Credit, awake: &mut Vec<W>) {
        if let ReplyId::Call(call) = id
            && let Some(credit) = self.uploads.get_mut(&call)
        {
            credit.grant(total);
            awake.extend(self.waiter(call));
        }
    }
}
