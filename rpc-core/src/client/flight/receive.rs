//! Bytes in, replies out.

use std::ops::Range;

use crate::dialect::{FromServer, ReplyId, ReplyMessage, ResultText, UsualReply, read_split};
use crate::error::Error;
use crate::protocol::Inbound;

use super::super::lost::Lost;
use super::Flight;
use super::reply::{Own, Reply, Unread};

impl<W> Flight<W> {
    /// Hands out the replies that have arrived. That of the call `own` is left where it is and
    /// returned; the waiters of the others are put into `awake`.
    #[inline(never)]
    pub(in crate::client) fn receive(
        &mut self,
        inbound: &mut Inbound,
        own: Option<u64>,
        awake: &mut Vec<W>,
    ) -> Result<Option<Own>, Lost> {
        if self.exchange.is_some() {
            return self.receive_response(inbound, false, own, awake);
        }
        let mut found = None;
        while let Some(message) = self.next_message(inbound)? {
            // Nothing is believed that follows a message which is no reply.
            if let Some(Own::Unread(before)) = &found {
                let read = before.result(inbound.buffer()).map_err(Lost::Protocol)?;
                found = Some(Own::Read(read.map(ResultText::apart)));
            }
            let bytes = inbound.bytes(&message);
            let mut usual = UsualReply::of(self.dialect, bytes);
            let is_own = |usual: &mut UsualReply| {
                Some(usual.id) == own && self.calls.remove(&usual.id).is_some()
            };
            if let Some(usual) = usual.take_if(is_own) {
                let (dialect, depth) = (self.dialect, self.limits.max_depth);
                found = Some(Own::Unread(Unread { place: message, usual, dialect, depth }));
                continue;
            }
            let read = read_split(self.dialect, bytes, usual.as_ref(), self.limits.max_depth);
            let read = read.map_err(|error| Lost::Protocol(inbound.broken(&message, error)))?;
            let ReplyMessage { id, outcome } = match read {
                FromServer::Reply(reply) => reply,
                FromServer::Items(id, items) => {
                    self.receive_items(id, items, awake);
                    continue;
                }
                FromServer::Credit(id, total) => {
                    self.receive_credit(id, total, awake);
                    continue;
                }
                FromServer::Draining => {
                    self.closing = true;
                    continue;
                }
                FromServer::Call => {
                    if self.subscriptions.is_some() {
                        self.receive_notification(bytes, awake);
                    }
                    continue;
                }
            };
            self.closing |= outcome.as_ref().is_err_and(|fault| closes(fault.code()));
            let call = match (id, &outcome) {
                _ if !self.dialect.has_ids() => {
                    self.next_reply += 1;
                    self.next_reply - 1
                }
                (ReplyId::Call(id), _) if id < self.next_call => id,
                (ReplyId::Missing, Err(fault)) => return Err(Lost::Fault(fault.clone())),
                // What names no call is nobody's.
                _ => {
                    self.dropped.note(self.next_call, id);
                    continue;
                }
            };
            if self.subscriptions.is_some() && self.subscribed(call, &outcome, awake) {
                continue;
            }
            if own == Some(call) && self.calls.remove(&call).is_some() {
                found = Some(Own::Read(outcome.map(ResultText::apart).map_err(Error::from)));
            } else if let Some(entry) = self.calls.get_mut(&call)
                && entry.reply.is_none()
            {
                entry.reply = Some(Reply(outcome.map(ResultText::apart).map_err(Error::from)));
                awake.extend(entry.waiter.take());
            }
        }
        if let Some(close) = inbound.closed() {
            let lost = Lost::Closed(close.clone());
            if found.is_none() {
                return Err(lost);
            }
            awake.extend(self.lose(lost));
        }
        Ok(found)
    }

    /// Finds the next message, and queues what the framing itself has to answer.
    fn next_message(&mut self, inbound: &mut Inbound) -> Result<Option<Range<usize>>, Lost> {
        let start = self.outgoing.len();
        let message = inbound.next(&mut self.outgoing).map_err(Lost::Protocol);
        self.queued += (self.outgoing.len() - start) as u64;
        message
    }
}

/// Whether a server closes the connection after a fault of this code, or may do so.
fn closes(code: i64) -> bool {
    use crate::protocol::code::{OVERLOADED, PARSE_ERROR, SHUTTING_DOWN, TOO_LARGE};
    matches!(code, PARSE_ERROR | OVERLOADED | SHUTTING_DOWN | TOO_LARGE)
}
