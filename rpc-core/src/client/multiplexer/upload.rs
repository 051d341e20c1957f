//! Uploads on a connection that threads share.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::{ArgumentError, Credit};
use crate::transport::Stream;

use super::super::deadline::Deadline;
use super::super::flight::Room;
use super::Multiplexer;

impl<S: Stream> Multiplexer<S> {
    /// Sends a call that items are sent to, and returns its number. `write` appends the message but for its end.
    pub(in crate::client) fn begin_upload(
        &self,
        method: &str,
        timeout: Option<Duration>,
        deadline: Option<Deadline>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ArgumentError>,
    ) -> Result<u64, Error> {
        let mut state = self.state();
        let call = state.flight.begin_upload(method, timeout, None, |_, out| write(out))?;
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
        let mut state = self.state();
        loop {
            match state.flight.room(call, sent) {
                Room::For(credit) => return Ok(Some(credit)),
                Room::Over => return Ok(None),
                Room::None => {}
            }
            if let Some(deadline) = deadline.filter(|deadline| deadline.has_passed()) {
                return Err(state.flight.timed_out(call, method, deadline.limit()));
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
