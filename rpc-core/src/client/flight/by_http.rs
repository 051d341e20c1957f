//! Calls in flight by HTTP: one request at a time on a connection, answered by one response.

use crate::dialect::Dialect;
use crate::error::Error;
use crate::protocol::{ArgumentError, Inbound, ProtocolError};

use super::super::http::Exchange;
use super::super::lost::Lost;
use super::Flight;
use super::reply::{Answer, Own, Reply};

impl<W> Flight<W> {
    /// Takes the connection for one call; `false` where it has one, or takes no more.
    pub(in crate::client) fn take(&mut self) -> bool {
        self.is_open() && self.exchange.as_mut().is_some_and(Exchange::take)
    }

    /// Whether a call is under way, or about to be, on a connection that carries one at a time.
    pub(in crate::client) fn is_taken(&self) -> bool {
        self.exchange.as_ref().is_some_and(Exchange::is_taken)
    }

    /// Whether a response has come already, on a connection that carries one call at a time.
    #[cfg(feature = "tokio")]
    pub(in crate::client) fn is_used(&self) -> bool {
        self.exchange.as_ref().is_some_and(Exchange::is_used)
    }

    /// Whether a call that wants no reply has a response all the same, which is waited for.
    pub(in crate::client) fn answers_notifications(&self) -> bool {
        self.exchange.is_some()
    }

    /// Queues a call that wants no reply but has a response, and returns its number.
    pub(in crate::client) fn send_notification(
        &mut self,
        method: &str,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        self.send_numbered(false, method, None, None, write)
    }

    /// Takes no more calls: the server has ended the connection, or nobody knows what it says next.
    pub(in crate::client) fn leave(&mut self) {
        self.closing = true;
    }

    /// Gives a call up, and with the last of its request the connection: the next response would be
    /// its.
    pub(super) fn abandon(&mut self, call: u64) {
        if let Some(exchange) = &mut self.exchange
            && self.calls.contains_key(&call)
            && exchange.forget(call)
        {
            exchange.give_back();
            self.closing = true;
        }
    }

    /// Takes note that the other side has ended the stream. That ends some responses too.
    pub(in crate::client) fn end(
        &mut self,
        inbound: &mut Inbound,
        own: Option<u64>,
        awake: &mut Vec<W>,
    ) -> Result<Option<Own>, Lost> {
        if self.exchange.is_none() {
            return Err(inbound.stranger().map_or_else(Lost::closed, Lost::Protocol));
        }
        self.closing = true;
        let found = self.receive_response(inbound, true, own, awake)?;
        if self.is_taken() {
            Err(inbound.stranger().map_or_else(Lost::closed, Lost::Protocol))
        } else {
            Ok(found)
        }
    }

    /// Hands out the reply that has arrived, if one has, or the replies: to what is under way.
    pub(super) fn receive_response(
        &mut self,
        inbound: &mut Inbound,
        ended: bool,
        own: Option<u64>,
        awake: &mut Vec<W>,
    ) -> Result<Option<Own>, Lost> {
        let Some(exchange) = &mut self.exchange else {
            return Ok(None);
        };
        let Some(response) = exchange.response(inbound, ended).map_err(Lost::Protocol)? else {
            return Ok(None);
        };
        let calls = exchange.give_back();
        self.closing |= response.is_last;
        let call = match calls.end - calls.start {
            // They have been given up.
            0 => return Ok(None),
            1 => calls.start,
            _ => return Ok(self.receive_batch(calls, &response, own, awake)),
        };
        let wants_result = self.calls.get(&call).is_some_and(|call| call.wants_result);
        let (dialect, depth) = (self.dialect, self.limits.max_depth);
        let answer = Answer { call, wants_result, response, dialect, depth };
        if own == Some(call) && self.calls.remove(&call).is_some() {
            return Ok(Some(Own::Answer(answer)));
        }
        if let Some(entry) = self.calls.get_mut(&call) {
            let result = answer.result();
            self.closing |= matches!(
                result,
                Ok((_, false)) | Err(Error::Protocol(ProtocolError::NotAReply(_)))
            );
            entry.reply = Some(Reply(result.map(|(result, _)| result.apart())));
            awake.extend(entry.waiter.take());
        }
        Ok(None)
    }
}
