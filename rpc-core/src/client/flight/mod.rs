//! The calls in flight on one connection, without its socket: calls in, bytes out; bytes in, replies
//! out.
//!
//! Blocking and asynchronous clients share it; they differ in who waits for a reply, a thread or a
//! task, which is all that `W` stands for.

mod batch;
mod by_http;
mod message;

use std::collections::hash_map::Entry;
use std::ops::Range;
use std::panic::resume_unwind;
use std::time::Duration;

use serde::de::DeserializeOwned;

#[cfg(feature = "tokio")]
use crate::dialect::write_cancel;
use crate::dialect::{
    Dialect, FromServer, OwnedText, ReplyMessage, ResultText, UsualReply, read_split,
};
use crate::error::{Error, Misuse};
use crate::protocol::json;
use crate::protocol::websocket::{Close, Side, code, write_close};
use crate::protocol::{ArgumentError, Framing, Inbound, Limits, ProtocolError};
use crate::registry::without_place;

use super::ClientBuilder;
use super::call_map::CallMap;
use super::http::Exchange;
use super::lost::Lost;

use by_http::Answer;
use message::Message;

/// What is sent and what is waited for on one connection.
#[derive(Debug)]
pub(super) struct Flight<W> {
    peer: String,
    dialect: Dialect,
    framing: Framing,
    /// Where messages travel by HTTP, in no framing.
    exchange: Option<Exchange>,
    limits: Limits,
    next_call: u64,
    /// Without ids, the call that the next reply answers.
    next_reply: u64,
    calls: CallMap<InFlight<W>>,
    /// What is to be written.
    pub(super) outgoing: Vec<u8>,
    /// Bytes queued, and handed to the operating system, since the connection began.
    queued: u64,
    written: u64,
    /// The server is about to close the connection, and has said so or why: it answers what is in
    /// flight and wants no further calls here.
    closing: bool,
    lost: Option<Lost>,
}

#[derive(Debug)]
struct InFlight<W> {
    /// Where its first byte stands among all bytes queued.
    starts_at: u64,
    wants_result: bool,
    waiter: Option<W>,
    reply: Option<Reply>,
}

/// A reply that came while somebody else was reading: the result's text, or the error.
#[derive(Debug)]
pub(super) struct Reply(Result<OwnedText, Error>);

/// A reply of the reader's own.
#[derive(Debug)]
pub(super) enum Own {
    /// It stands there in the read buffer, and is read where nothing is locked.
    Unread(Unread),
    /// It came by HTTP, and is read there too.
    Answer(Answer),
    /// The result's text apart, or the error.
    Read(Result<OwnedText, Error>),
}

/// A message that looks like the reply to a call, and the terms it is to be read on.
#[derive(Debug)]
pub(super) struct Unread {
    place: Range<usize>,
    usual: UsualReply,
    dialect: Dialect,
    depth: usize,
}

/// How far a call has come.
pub(super) enum Progress {
    /// Its reply is there.
    Answered(Reply),
    /// It has failed.
    Failed(Error),
    /// Its reply is still to come.
    Waiting,
}

impl<W> Flight<W> {
    pub(super) fn new(peer: String, settings: &ClientBuilder) -> Self {
        Self {
            peer,
            dialect: settings.dialect,
            framing: settings.framing,
            exchange: settings.target.as_ref().map(|http| Exchange::new(http, &settings.limits)),
            limits: settings.limits,
            next_call: 0,
            next_reply: 0,
            calls: CallMap::default(),
            outgoing: Vec::new(),
            queued: 0,
            written: 0,
            closing: false,
            lost: None,
        }
    }

    /// Whether further calls may be sent.
    pub(super) fn is_open(&self) -> bool {
        self.lost.is_none() && !self.closing
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Whether nobody waits for anything.
    pub(super) fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }

    /// Queues a call, and returns its number. `write` appends the message but for its end.
    pub(super) fn send(
        &mut self,
        method: &str,
        timeout: Option<Duration>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        self.send_numbered(true, method, timeout, write)
    }

    fn send_numbered(
        &mut self,
        wants_result: bool,
        method: &str,
        timeout: Option<Duration>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        if let Err(refusal) = self.has_room() {
            self.exchange.as_mut().map(Exchange::give_back);
            return Err(refusal);
        }
        let call = self.next_call;
        let starts_at = self.queue(wants_result.then_some(call), method, timeout, write)?;
        self.begin(InFlight { starts_at, wants_result, waiter: None, reply: None });
        Ok(call)
    }

    fn has_room(&self) -> Result<(), Error> {
        let limit = self.limits.max_calls_in_flight;
        if self.calls.len() < limit {
            Ok(())
        } else {
            Err(Misuse::TooManyInFlight { limit }.into())
        }
    }

    /// Takes note that the next call is under way.
    fn begin(&mut self, in_flight: InFlight<W>) {
        let call = self.next_call;
        self.next_call += 1;
        if let Some(exchange) = &mut self.exchange {
            exchange.add(call);
        }
        self.calls.insert(call, in_flight);
    }

    /// Queues a call that wants no reply, and returns where it starts among all bytes queued. Where
    /// the dialect cannot say that none is wanted, the reply is dropped.
    pub(super) fn notify(
        &mut self,
        method: &str,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        let starts_at = self.queue(None, method, None, write)?;
        if !self.dialect.has_ids() {
            self.next_call += 1;
        }
        Ok(starts_at)
    }

    fn queue(
        &mut self,
        id: Option<u64>,
        method: &str,
        timeout: Option<Duration>,
        write: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        if let Some(lost) = &self.lost {
            return Err(lost.to_error(&self.doing(method), false));
        }
        let out = &mut self.outgoing;
        let start = out.len();
        if self.exchange.is_none() {
            self.framing.begin_call(out);
        }
        let message = Message { dialect: self.dialect, method, id, timeout };
        let written = message.append(out, start, self.limits.max_message_bytes, write);
        if !matches!(written, Ok(Ok(()))) {
            self.exchange.as_mut().map(Exchange::give_back);
        }
        written.unwrap_or_else(|panic| resume_unwind(panic))?;
        match &self.exchange {
            Some(exchange) => exchange.end_request(out, start),
            None => self.framing.end_call(out, start),
        }
        let starts_at = self.queued;
        self.queued += (out.len() - start) as u64;
        Ok(starts_at)
    }

    /// Gives a call up and tells the other side so, where it can be told.
    #[cfg(feature = "tokio")]
    pub(super) fn cancel(&mut self, call: u64) {
        self.abandon(call);
        let can_say_so = self.dialect.has_notices() && self.exchange.is_none();
        if self.calls.remove(&call).is_some() && can_say_so && self.lost.is_none() {
            let start = self.outgoing.len();
            write_cancel(&mut self.outgoing, self.framing, call);
            self.queued += (self.outgoing.len() - start) as u64;
        }
    }

    /// Takes note that bytes were handed to the operating system.
    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count as u64;
    }

    /// Takes note that so many of those bytes were not taken after all.
    pub(super) fn took_less(&mut self, count: usize) {
        self.written -= count as u64;
    }

    /// Fails where the connection was lost with a message that starts at `starts_at` on its way.
    pub(super) fn check(&self, method: &str, starts_at: u64) -> Result<(), Error> {
        match &self.lost {
            Some(lost) => Err(lost.to_error(&self.doing(method), starts_at < self.written)),
            None => Ok(()),
        }
    }

    /// Takes a call's reply, or the error it ended in, if either is there; `waiter` says who is woken
    /// when it comes later.
    pub(super) fn progress(
        &mut self,
        call: u64,
        method: &str,
        waiter: impl FnOnce() -> Option<W>,
    ) -> Progress {
        let Entry::Occupied(mut entry) = self.calls.entry(call) else {
            let error = ProtocolError::NotAReply("the call was given up".to_owned());
            return Progress::Failed(error.into());
        };
        let in_flight = entry.get_mut();
        if let Some(reply) = in_flight.reply.take() {
            entry.remove();
            return Progress::Answered(reply);
        }
        let Some(lost) = &self.lost else {
            in_flight.waiter = waiter();
            return Progress::Waiting;
        };
        let may_have_run = in_flight.starts_at < self.written && lost.leaves_doubt();
        entry.remove();
        Progress::Failed(lost.to_error(&self.doing(method), may_have_run))
    }

    /// Says who is to be woken when a call's reply comes.
    pub(super) fn wake_with(&mut self, call: u64, waiter: W) {
        if let Some(entry) = self.calls.get_mut(&call) {
            entry.waiter = Some(waiter);
        }
    }

    /// How many calls are in flight.
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether somebody waits for a call.
    pub(super) fn has_waiter(&self, call: u64) -> bool {
        self.calls.get(&call).is_some_and(|call| call.waiter.is_some())
    }

    /// Takes whoever waits for a call.
    pub(super) fn waiter(&mut self, call: u64) -> Option<W> {
        self.calls.get_mut(&call)?.waiter.take()
    }

    /// Gives a call up: its reply is dropped when it comes.
    pub(super) fn forget(&mut self, call: u64) {
        self.abandon(call);
        self.calls.remove(&call);
    }

    /// Hands out the replies that have arrived. That of the call `own` is left where it is and
    /// returned; the waiters of the others are put into `awake`.
    pub(super) fn receive(
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
            let read = read.map_err(Lost::Protocol)?;
            let ReplyMessage { id, outcome } = match read {
                FromServer::Reply(reply) => reply,
                FromServer::Draining => {
                    self.closing = true;
                    continue;
                }
                FromServer::Call => continue,
            };
            self.closing |= outcome.as_ref().is_err_and(|fault| closes(fault.code()));
            let call = match (id, &outcome) {
                _ if !self.dialect.has_ids() => {
                    self.next_reply += 1;
                    self.next_reply - 1
                }
                (Some(id), _) => id,
                (None, Err(fault)) => return Err(Lost::Fault(fault.clone())),
                // A result that names no call is nobody's.
                (None, Ok(_)) => continue,
            };
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

    /// How many bytes have been queued since the connection began.
    pub(super) fn queued(&self) -> u64 {
        self.queued
    }

    /// What is said to the other side before the connection is given up, where the framing has words
    /// for it and they would stand between messages.
    pub(super) fn last_words(&self) -> Vec<u8> {
        let mut words = Vec::new();
        let close = match &self.lost {
            Some(lost) => lost.answer(),
            None => Some(Close::with(code::NORMAL)),
        };
        if let Some(close) = close
            && self.framing == Framing::WebSocket
            && self.queued == self.written
        {
            write_close(&mut words, Side::Client, &close);
        }
        words
    }

    /// Ends the connection for every call in flight, and returns who waits for one.
    pub(super) fn lose(&mut self, lost: Lost) -> Vec<W> {
        self.lost.get_or_insert(lost);
        self.calls.values_mut().filter_map(|call| call.waiter.take()).collect()
    }

    /// Takes everybody who waits for a call.
    #[cfg(feature = "tokio")]
    pub(super) fn waiters(&mut self) -> Vec<W> {
        self.calls.values_mut().filter_map(|call| call.waiter.take()).collect()
    }

    /// What a call does, for errors.
    pub(super) fn doing(&self, method: &str) -> String {
        format!("calling `{method}` at {}", self.peer)
    }
}

impl Reply {
    /// Decodes the result.
    pub(super) fn decode<T: DeserializeOwned>(self, method: &str) -> Result<T, Error> {
        self.0?.decode(method)
    }
}

impl Own {
    /// Decodes the result, from the buffer if it stands there; `lose` gives the connection up where the
    /// message is no reply after all.
    pub(super) fn decode<T: DeserializeOwned>(
        self,
        method: &str,
        buffer: &[u8],
        lose: impl FnOnce(Lost),
    ) -> Result<T, Error> {
        match self {
            Self::Unread(message) => match message.result(buffer) {
                Ok(result) => result?.decode(method),
                Err(broken) => {
                    lose(Lost::Protocol(broken.clone()));
                    Err(broken.into())
                }
            },
            Self::Answer(answer) => answer.result()?.decode(method),
            Self::Read(result) => result?.decode(method),
        }
    }
}

impl Unread {
    /// Reads it.
    fn result<'b>(&self, buffer: &'b [u8]) -> Result<Result<ResultText<'b>, Error>, ProtocolError> {
        let message = buffer.get(self.place.clone()).unwrap_or_default();
        match read_split(self.dialect, message, Some(&self.usual), self.depth)? {
            FromServer::Reply(ReplyMessage { id, outcome }) if id == Some(self.usual.id) => {
                Ok(outcome.map_err(Error::from))
            }
            _ => Err(ProtocolError::NotAReply("it only looks like one".to_owned())),
        }
    }
}

/// Whether a server closes the connection after a fault of this code, or may do so.
fn closes(code: i64) -> bool {
    use crate::protocol::code::{OVERLOADED, PARSE_ERROR, SHUTTING_DOWN, TOO_LARGE};
    matches!(code, PARSE_ERROR | OVERLOADED | SHUTTING_DOWN | TOO_LARGE)
}

impl ResultText<'_> {
    fn decode<T: DeserializeOwned>(self, method: &str) -> Result<T, Error> {
        match self {
            Self::At { text, has_escapes } => decode(method, text, has_escapes),
            Self::Made(text) => decode(method, &text, true),
        }
    }
}

impl OwnedText {
    fn decode<T: DeserializeOwned>(self, method: &str) -> Result<T, Error> {
        decode(method, self.text(), self.has_escapes)
    }
}

fn decode<T: DeserializeOwned>(method: &str, text: &str, has_escapes: bool) -> Result<T, Error> {
    json::decode(text, has_escapes).map_err(|error| {
        let problem = without_place(&error.to_string()).into_owned();
        ProtocolError::Result { method: method.to_owned(), problem }.into()
    })
}
