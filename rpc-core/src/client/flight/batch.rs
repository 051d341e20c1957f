//! Calls that travel as one request by HTTP, a JSON-RPC batch (JSON-RPC 2.0, section 6).

use std::ops::Range;
use std::panic::resume_unwind;
use std::time::Duration;

use crate::dialect::{Dialect, ReplyId, ResultText, read_replies};
use crate::error::Error;
use crate::protocol::{ArgumentError, ProtocolError};

use super::super::http::{Exchange, Response};
use super::super::lost::Lost;
use super::dropped::problem;
use super::message::Message;
use super::reply::{Own, Reply};
use super::{Flight, InFlight};

/// Calls gather for one request up to this many bytes.
const GATHERED: usize = 64 * 1024;

impl<W> Flight<W> {
    /// Has calls gather for one request, on a connection taken for it.
    pub(in crate::client) fn begin_batch(&mut self) {
        if let Some(exchange) = &mut self.exchange {
            exchange.begin_batch();
        }
    }

    /// Whether calls gather for one request.
    pub(in crate::client) fn gathers(&self) -> bool {
        self.exchange.as_ref().is_some_and(Exchange::gathers)
    }

    /// Adds a call to those that gather, and returns its number. Where one request need not be made of
    /// them, it is queued.
    ///
    /// # Errors
    ///
    /// Where it cannot be sent, or not with the others, which may have left.
    pub(in crate::client) fn add(
        &mut self,
        method: &str,
        timeout: Option<Duration>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        if self.exchange.is_none() {
            return self.send(method, timeout, None, write);
        }
        self.has_room()?;
        let array = match self.exchange.as_mut().and_then(Exchange::gathered) {
            Some(array) if self.lost.is_none() => array,
            _ => {
                let lost = self.lost.clone().unwrap_or_else(Lost::closed);
                return Err(lost.to_error(&self.doing(method), false));
            }
        };
        let start = array.len();
        let is_first = start == 1;
        if !is_first {
            array.push(b',');
        }
        let call = self.next_call;
        let message = Message { dialect: self.dialect, method };
        let taken = if is_first { 0 } else { start + 2 };
        let limit = self.limits.max_message_bytes.saturating_sub(taken);
        let end = |dialect: Dialect, out: &mut Vec<u8>| dialect.end_call(out, Some(call), timeout);
        let written = message.append(array, start, limit, write, end);
        written.unwrap_or_else(|panic| resume_unwind(panic))?;
        self.begin(InFlight {
            starts_at: self.queued,
            wants_result: true,
            waiter: None,
            reply: None,
        });
        Ok(call)
    }

    /// Whether as many calls have gathered as one request makes.
    pub(in crate::client) fn is_batch_full(&mut self) -> bool {
        let most = self.limits.max_batch_calls as u64;
        self.exchange.as_mut().is_some_and(|exchange| {
            exchange.count() >= most
                || exchange.gathered().is_some_and(|array| array.len() >= GATHERED)
        })
    }

    /// Queues the request that calls have gathered for, if they have.
    pub(in crate::client) fn end_batch(&mut self) {
        if let Some(exchange) = &mut self.exchange {
            let (start, first) = (self.outgoing.len(), exchange.first());
            let generation = exchange.end_batch(&mut self.outgoing);
            self.said.at(generation, first);
            self.queued += (self.outgoing.len() - start) as u64;
        }
    }

    /// Hands out the replies to these calls, that of `own` to the reader.
    pub(super) fn receive_batch(
        &mut self,
        calls: Range<u64>,
        response: &Response,
        own: Option<u64>,
        awake: &mut Vec<W>,
    ) -> Option<Own> {
        let mut found = None;
        let (mut refusal, mut dropped) = (None, None);
        let read = read_replies(self.dialect, &response.body, self.limits.max_depth, |reply| {
            match reply.id {
                ReplyId::Call(call) if calls.contains(&call) => {
                    let outcome = || reply.outcome.map_err(Error::from);
                    self.hand_out(call, outcome, own, &mut found, awake);
                }
                // It answers what could not be read, the whole batch maybe.
                ReplyId::Missing if reply.outcome.is_err() => refusal = reply.outcome.err(),
                id => dropped = Some(problem(id)),
            }
        });
        let is_silent = response.body.trim_ascii().is_empty();
        for call in calls {
            let error = || match (&refusal, &read) {
                (Some(fault), _) => Err(fault.clone().into()),
                _ if is_silent || !response.is_success() => Err(response.to_error().into()),
                (None, Err(error)) => Err(response.no_reply(error.clone()).into()),
                (None, Ok(())) => {
                    let mut problem = format!("the response to its batch has none to call {call}");
                    problem.extend(dropped.iter().flat_map(|dropped| ["; ", dropped]));
                    Err(ProtocolError::NotAReply(problem).into())
                }
            };
            self.hand_out(call, error, own, &mut found, awake);
        }
        found
    }

    /// Gives a call its outcome, unless it has one: the reader, if it is its own.
    fn hand_out<'m>(
        &mut self,
        call: u64,
        outcome: impl FnOnce() -> Result<ResultText<'m>, Error>,
        own: Option<u64>,
        found: &mut Option<Own>,
        awake: &mut Vec<W>,
    ) {
        if own == Some(call) {
            if self.calls.remove(&call).is_some() {
                *found = Some(Own::Read(outcome().map(ResultText::apart)));
            }
        } else if let Some(entry) = self.calls.get_mut(&call)
            && entry.reply.is_none()
        {
            entry.reply = Some(Reply(outcome().map(ResultText::apart)));
            awake.extend(entry.waiter.take());
        }
    }
}
