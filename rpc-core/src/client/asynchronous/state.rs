//! What the callers and the driver of a connection both change.

use std::task::Waker;
use std::time::Duration;

use crate::error::Error;

use super::super::ClientBuilder;
use super::super::deadline::Deadline;
use super::super::flight::{Flight, Own};
use super::super::lost::Lost;
use super::pool::Room;

/// The calls in flight on a connection, and who does what about them.
#[derive(Debug)]
pub(super) struct State {
    pub(super) flight: Flight<Waker>,
    /// Whether the driver is to be woken.
    pub(super) calls_driver: bool,
    /// The call alone in flight whose task reads, rather than the driver.
    pub(super) reader: Option<u64>,
    /// The call whose task has read for long enough.
    pub(super) relieved: Option<u64>,
    /// When the driver is to look for calls whose time is up.
    pub(super) alarm: Option<Deadline>,
    /// Whether nobody will call any more.
    pub(super) is_closed: bool,
    /// What the call under way holds of the pool that the connection belongs to.
    pub(super) room: Option<Room>,
}

impl State {
    pub(super) fn new(peer: String, settings: &ClientBuilder) -> Self {
        Self {
            flight: Flight::new(peer, settings),
            calls_driver: false,
            reader: None,
            relieved: None,
            alarm: None,
            is_closed: false,
            room: None,
        }
    }

    /// Queues a call put together before, and returns its number.
    pub(super) fn queue(
        &mut self,
        method: &str,
        message: &[u8],
        timeout: Option<Duration>,
    ) -> Result<u64, Error> {
        // It is not alone any more.
        self.reader = None;
        let call = self.flight.send(method, timeout, |_, out| {
            out.extend_from_slice(message);
            Ok(())
        });
        self.make_room();
        call
    }

    /// Gives a call up.
    pub(super) fn give_up(&mut self, call: u64) {
        self.flight.cancel(call);
        self.make_room();
        // It may have been told to read, and will not.
        self.calls_driver = true;
        self.stop_reading(call);
    }

    /// Takes note that a call is over.
    pub(super) fn stop_reading(&mut self, call: u64) {
        if self.reader == Some(call) {
            self.reader = None;
        }
        // The driver leaves with the last of them a server that is about to stop.
        if !self.flight.is_open() && self.flight.is_idle() {
            self.calls_driver = true;
        }
    }

    /// Takes note of what was received when so many bytes were queued before.
    pub(super) fn received(
        &mut self,
        own: Option<u64>,
        queued: u64,
        received: &Result<Option<Own>, Lost>,
    ) {
        self.make_room();
        if let (Some(call), Ok(Some(_))) = (own, received) {
            self.stop_reading(call);
        }
        // What the framing answers.
        if self.flight.queued() > queued {
            self.calls_driver = true;
        }
    }

    /// Gives others the room of a call that is over.
    pub(super) fn make_room(&mut self) {
        if !self.flight.is_taken() {
            self.room = None;
        }
    }

    /// Has the driver look at a call when its time is up.
    pub(super) fn watch(&mut self, deadline: Option<Deadline>) {
        if let Some(deadline) = deadline
            && self.alarm.is_none_or(|alarm| deadline.is_before(alarm))
        {
            self.alarm = Some(deadline);
            self.calls_driver = true;
        }
    }
}
