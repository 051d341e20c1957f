//! Calls in, bytes out.

use std::panic::resume_unwind;
use std::time::Duration;

use crate::dialect::{Dialect, write_cancel};
use crate::error::{Error, Misuse};
use crate::protocol::ArgumentError;

use super::super::http::Exchange;
use super::message::Message;
use super::{Flight, InFlight};

impl<W> Flight<W> {
    /// Queues a call, and returns its number. `waiter` is woken when its reply
    /// comes; `write` appends the message but for its end.
    pub(in crate::client) fn send(
        &mut self,
        method: &str,
        timeout: Option<Duration>,
        waiter: Option<W>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        self.send_numbered(true, method, timeout, waiter, write)
    }

    pub(super) fn send_numbered(
        &mut self,
        wants_result: bool,
        method: &str,
        timeout: Option<Duration>,
        waiter: Option<W>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        if let Err(refusal) = self.has_room() {
            self.exchange.as_mut().map(Exchange::give_back);
            return Err(refusal);
        }
        let call = self.next_call;
        let id = wants_result.then_some(call);
        let end = |dialect: Dialect, out: &mut Vec<u8>| dialect.end_call(out, id, timeout);
        let starts_at = self.queue(method, write, end)?;
        self.begin(InFlight { starts_at, wants_result, waiter, reply: None });
        Ok(call)
    }

    pub(super) fn has_room(&self) -> Result<(), Error> {
        let limit = self.limits.max_calls_in_flight;
        if self.calls.len() < limit {
            Ok(())
        } else {
            Err(Misuse::TooManyInFlight { limit }.into())
        }
    }

    /// Takes note that the next call is under way.
    pub(super) fn begin(&mut self, in_flight: InFlight<W>) {
        let call = self.next_call;
        self.next_call += 1;
        if let Some(exchange) = &mut self.exchange {
            exchange.add(call);
        }
        self.calls.insert(call, in_flight);
    }

    /// Queues a call that wants no reply, and returns where it starts among all bytes queued. Where
    /// the dialect cannot say that none is wanted, the reply is dropped.
    pub(in crate::client) fn notify(
        &mut self,
        method: &str,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        let end = |dialect: Dialect, out: &mut Vec<u8>| dialect.end_call(out, None, None);
        let starts_at = self.queue(method, write, end)?;
        if !self.dialect.has_ids() {
            self.next_call += 1;
        }
        Ok(starts_at)
    }

    pub(super) fn queue(
        &mut self,
        method: &str,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
        end: impl FnOnce(Dialect, &mut Vec<u8>),
    ) -> Result<u64, Error> {
        if let Some(lost) = &self.lost {
            return Err(lost.to_error(&self.doing(method), false));
        }
        let out = &mut self.outgoing;
        let start = out.len();
        if self.exchange.is_none() {
            self.framing.begin_call(out);
        }
        let message = Message { dialect: self.dialect, method };
        let written = message.append(out, start, self.limits.max_message_bytes, write, end);
        if !matches!(written, Ok(Ok(()))) {
            self.exchange.as_mut().map(Exchange::give_back);
        }
        written.unwrap_or_else(|panic| resume_unwind(panic))?;
        match &self.exchange {
            Some(exchange) => {
                let generation = exchange.end_request(out, start);
                self.said.at(generation, self.next_call);
            }
            None => self.framing.end_call(out, start),
        }
        let starts_at = self.queued;
        self.queued += (out.len() - start) as u64;
        Ok(starts_at)
    }

    /// Gives a call up and tells the other side so, where it can be told.
    #[cfg(feature = "tokio")]
    pub(in crate::client) fn cancel(&mut self, call: u64) {
        self.abandon(call);
        if self.calls.remove(&call).is_some() {
            self.say_cancelled(call);
        }
    }

    /// Tells the other side that a call is given up, where it can be told.
    pub(super) fn say_cancelled(&mut self, call: u64) {
        let can_say_so = self.dialect.has_notices() && self.exchange.is_none();
        if can_say_so && self.lost.is_none() {
            let start = self.outgoing.len();
            write_cancel(&mut self.outgoing, self.framing, call);
            self.queued += (self.outgoing.len() - start) as u64;
        }
    }

    /// Takes note that bytes were handed to the operating system.
    pub(in crate::client) fn wrote(&mut self, count: usize) {
        self.written += count as u64;
    }

    /// Takes note that so many of those bytes were not taken after all.
    pub(in crate::client) fn took_less(&mut self, count: usize) {
        self.written -= count as u64;
    }

    /// Fails where the connection was lost with a message that starts at `starts_at` on its way.
    pub(in crate::client) fn check(&self, method: &str, starts_at: u64) -> Result<(), Error> {
        match &self.lost {
            Some(lost) => Err(lost.to_error(&self.doing(method), starts_at < self.written)),
            None => Ok(()),
        }
    }

    /// How many bytes have been queued since the connection began.
    pub(in crate::client) fn queued(&self) -> u64 {
        self.queued
    }
}
