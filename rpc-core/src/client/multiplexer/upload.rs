//! Uploads on a connection that threads share.

use std::task::{Context, Waker};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::{ArgumentError, Credit};
use crate::transport::Stream;

use super::super::deadline::Deadline;
use super::super::flight::{Arrived, Room};
use super::super::uploads::{Filled, Sending};
use super::Multiplexer;

/// What a turn of a conversation came to.
pub(in crate::client) enum Exchange {
    /// Something has come.
    Arrived(Arrived),
    /// What there was to send has been sent.
    Sent,
    /// Nothing more is to be sent.
    AllSent,
}

impl<S: Stream> Multiplexer<S> {
    /// Takes what has come of a stream or, where nothing has, sends items or waits until either can be done.
    pub(in crate::client) fn exchange(
        &self,
        call: u64,
        method: &str,
        sending: &mut Sending,
        deadline: Option<Deadline>,
    ) -> Result<Exchange, Error> {
        let state = self.state();
        if state.flight.has_arrived(call) {
            drop(state);
            return Ok(Exchange::Arrived(self.arrived(call, method, deadline)));
        }
        let credit = match state.flight.room(call, sending.parcel.sent) {
            Room::For(credit) => credit,
            Room::Over => return Ok(Exchange::AllSent),
            Room::None => {
                let state = self.flush_at_once(state);
                drop(self.wait_for(state, call, deadline));
                if deadline.is_some_and(Deadline::has_passed) {
                    return Ok(Exchange::Arrived(self.arrived(call, method, deadline)));
                }
                return Ok(Exchange::Sent);
            }
        };
        drop(state);
        let is_last =
            sending.fill(credit, &mut Context::from_waker(Waker::noop()))? == Filled::Last;
        self.send_items(call, &sending.parcel.text, is_last, deadline)?;
        sending.parcel.text.clear();
        if is_last {
            return Ok(Exchange::AllSent);
        }
        self.look();
        Ok(Exchange::Sent)
    }

    /// Sends a call that items are sent to, and returns its number; where it is answered with items itself, so many may be
    /// sent to begin with. `write` appends the message but for its end.
    pub(in crate::client) fn begin_upload(
        &self,
        method: &str,
        timeout: Option<Duration>,
        window: Option<Credit>,
        deadline: Option<Deadline>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        let mut state = self.state();
        let call = state.flight.begin_upload(method, timeout, window, |_, out| write(out))?;
        drop(self.flush_unless_gathering(state, deadline));
        Ok(call)
    }

    /// Waits until another item may be sent where so much has been, and says how much may in all; `None` where nobody
    /// wants any more. Reads for the others meanwhile if nobody else does.
    pub(in crate::client) fn room(
        &self,
        call: u64,
        method: &str,
        sent: Credit,
        deadline: Option<Deadline>,
    ) -> Result<Option<Credit>, Error> {
        // Its reply may have come while the last items were made.
        self.look();
        let mut state = self.state();
        loop {
            let room = state.flight.room(call, sent);
            if let Room::Over = room {
                return Ok(None);
            }
            if let Some(deadline) = deadline.filter(|deadline| deadline.has_passed()) {
                return Err(state.flight.timed_out(call, method, deadline.limit()));
            }
            if let Room::For(credit) = room {
                return Ok(Some(credit));
            }
            if !state.flight.outgoing.is_empty() {
                state = self.flush_at_once(state);
            }
            state = self.wait_for(state, call, deadline);
        }
    }

    /// Sends items, the last of them perhaps.
    pub(in crate::client) fn send_items(
        &self,
        call: u64,
        items: &[u8],
        are_last: bool,
        deadline: Option<Deadline>,
    ) -> Result<(), Error> {
        let mut state = self.state();
        state.flight.send_items(call, items)?;
        if are_last {
            state.flight.end_upload(call);
        }
        drop(self.flush(state, deadline));
        Ok(())
    }

    /// Waits for the reply of a call that no more items are sent to.
    pub(in crate::client) fn wait_uploaded<T: DeserializeOwned>(
        &self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
    ) -> Result<T, Error> {
        self.state().flight.stop_upload(call);
        self.wait(call, method, deadline)
    }
}
