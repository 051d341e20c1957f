//! HTTP/1.1 as a client speaks it (RFC 9110, RFC 9112), without a socket: requests out, responses in.
//!
//! A connection has one exchange under way at most; calls side by side are made on several.

mod body;
mod response;
mod target;

use std::sync::Arc;

pub(super) use response::Response;
pub(super) use target::Target;

use crate::protocol::{Inbound, Limits, ProtocolError};

use response::Responses;

/// The exchanges of one connection.
#[derive(Debug)]
pub(super) struct Exchange {
    target: Arc<Target>,
    responses: Responses,
    /// Whether somebody is to send a request, or has sent one that is not answered.
    is_taken: bool,
    /// The call under way.
    call: Option<u64>,
}

impl Exchange {
    pub(super) fn new(target: &Arc<Target>, limits: &Limits) -> Self {
        Self {
            target: Arc::clone(target),
            responses: Responses::new(limits.message),
            is_taken: false,
            call: None,
        }
    }

    /// Takes the connection for a request; `false` where somebody has it.
    pub(super) fn take(&mut self) -> bool {
        !std::mem::replace(&mut self.is_taken, true)
    }

    /// Gives the connection back, and says which call was under way.
    pub(super) fn give_back(&mut self) -> Option<u64> {
        self.is_taken = false;
        self.call.take()
    }

    pub(super) fn is_taken(&self) -> bool {
        self.is_taken
    }

    /// Says which call the next response answers.
    pub(super) fn begin(&mut self, call: u64) {
        self.is_taken = true;
        self.call = Some(call);
    }

    /// The call under way.
    pub(super) fn call(&self) -> Option<u64> {
        self.call
    }

    /// Makes a request of the message that stands at the end of `out` from `start`.
    pub(super) fn end_request(&self, out: &mut Vec<u8>, start: usize) {
        let length = out.len() - start;
        self.target.write_head(out, length);
        out[start..].rotate_left(length);
    }

    /// Takes the next response from what has arrived, once it is whole; `ended` when no more will
    /// come.
    pub(super) fn response(
        &mut self,
        inbound: &mut Inbound,
        ended: bool,
    ) -> Result<Option<Response>, ProtocolError> {
        if self.call.is_none() && !inbound.waiting().is_empty() {
            return Err(ProtocolError::NotAReply("an HTTP response that nobody asked for".into()));
        }
        self.responses.next(inbound, ended)
    }
}
