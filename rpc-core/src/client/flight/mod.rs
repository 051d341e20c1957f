//! The calls in flight on one connection, without its socket: calls in, bytes out; bytes in, replies
//! out.
//!
//! Blocking and asynchronous clients share it; they differ in who waits for a reply, a thread or a
//! task, which is all that `W` stands for.

mod arriving;
mod batch;
mod by_http;
mod dropped;
mod message;
mod receive;
mod reply;
mod said;
mod saying;
mod send;
mod streams;
mod subscribing;
mod subscriptions;
mod uploads;

use std::collections::hash_map::Entry;
use std::time::Duration;

use crate::dialect::Dialect;
use crate::error::{Error, IoError, IoErrorKind};
use crate::protocol::websocket::{Close, Side, code, write_close};
use crate::protocol::{Credit, Framing, Limits, ProtocolError};

use super::ClientBuilder;
use super::call_map::CallMap;
use super::http::Exchange;
use super::lost::Lost;

pub(super) use arriving::Arrived;
use arriving::Arriving;
use dropped::Dropped;
pub(super) use reply::{Own, Reply};
use said::Said;
use subscriptions::Subscriptions;
pub(super) use uploads::Room;

/// What is sent and what is waited for on one connection.
#[derive(Debug)]
pub(super) struct Flight<W> {
    peer: String,
    dialect: Dialect,
    framing: Framing,
    /// Where messages travel by HTTP, in no framing.
    exchange: Option<Exchange>,
    /// Who has said to be calling.
    said: Said,
    limits: Limits,
    next_call: u64,
    /// Without ids, the call that the next reply answers.
    next_reply: u64,
    calls: CallMap<InFlight<W>>,
    /// What has come for those of the calls that are answered with items.
    streams: CallMap<Arriving>,
    /// Which of those are subscriptions, once there has been one.
    subscriptions: Option<Box<Subscriptions>>,
    /// How much there is room for at the other side of those that items are sent to.
    uploads: CallMap<Credit>,
    /// What came and was no call's.
    dropped: Dropped,
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
            said: Said::default(),
            limits: settings.limits,
            next_call: 0,
            next_reply: 0,
            calls: CallMap::default(),
            streams: CallMap::default(),
            subscriptions: None,
            uploads: CallMap::default(),
            dropped: Dropped::default(),
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

    /// The error of a call whose time is up.
    #[cold]
    pub(super) fn timed_out(&self, call: u64, method: &str, limit: Duration) -> Error {
        IoError::new(IoErrorKind::TimedOut(limit), self.doing(method))
            .because(self.dropped.since(call))
            .may_have_run(true)
            .into()
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
