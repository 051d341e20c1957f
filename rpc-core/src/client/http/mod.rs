//! HTTP/1.1 as a client speaks it (RFC 9110, RFC 9112), without a socket: requests out, responses in.
//!
//! A connection has one exchange under way at most, of one call or of a batch; calls side by side are
//! made on several.

mod body;
mod malformed;
mod redirect;
mod response;
mod restore;
mod target;

use std::ops::Range;
use std::sync::Arc;

pub(super) use response::Response;
#[cfg(feature = "jwt")]
pub(super) use response::Responses;
pub(super) use target::Target;

use crate::protocol::{Inbound, Limits, ProtocolError};

use super::metadata::own_headers;

#[cfg(not(feature = "jwt"))]
use response::Responses;

/// The exchanges of one connection.
#[derive(Debug)]
pub(super) struct Exchange {
    target: Arc<Target>,
    responses: Responses,
    /// Whether somebody is to send a request, or has sent one that is not answered.
    is_taken: bool,
    is_used: bool,
    /// The calls that the request makes.
    calls: Range<u64>,
    /// How many of them somebody waits for.
    awaited: u64,
    /// What there is of the body while calls gather for it.
    gathered: Option<Vec<u8>>,
}

impl Exchange {
    pub(super) fn new(target: &Arc<Target>, limits: &Limits) -> Self {
        Self {
            target: Arc::clone(target),
            responses: Responses::new(limits.max_message_bytes),
            is_taken: false,
            is_used: false,
            calls: 0..0,
            awaited: 0,
            gathered: None,
        }
    }

    /// Takes the connection for a request; `false` where somebody has it.
    pub(super) fn take(&mut self) -> bool {
        !std::mem::replace(&mut self.is_taken, true)
    }

    /// Gives the connection back, and says which calls were under way.
    pub(super) fn give_back(&mut self) -> Range<u64> {
        self.is_taken = false;
        self.gathered = None;
        self.awaited = 0;
        std::mem::replace(&mut self.calls, 0..0)
    }

    pub(super) fn is_taken(&self) -> bool {
        self.is_taken
    }

    /// Whether a response has come.
    pub(super) fn is_used(&self) -> bool {
        self.is_used
    }

    /// Says that the request makes this call, besides those it makes already.
    pub(super) fn add(&mut self, call: u64) {
        self.is_taken = true;
        if self.calls.is_empty() {
            self.calls.start = call;
        }
        self.calls.end = call + 1;
        self.awaited += 1;
    }

    /// Takes note that nobody waits for this call any more. Whether it was the last of the request.
    pub(super) fn forget(&mut self, call: u64) -> bool {
        let is_awaited = self.calls.contains(&call);
        self.awaited -= u64::from(is_awaited);
        is_awaited && self.awaited == 0
    }

    /// Has calls gather for one request.
    pub(super) fn begin_batch(&mut self) {
        self.gathered = Some(b"[".to_vec());
    }

    pub(super) fn gathers(&self) -> bool {
        self.gathered.is_some()
    }

    /// What has gathered, to be added to; `None` where no calls gather.
    pub(super) fn gathered(&mut self) -> Option<&mut Vec<u8>> {
        self.gathered.as_mut()
    }

    /// The first call that the request makes.
    pub(super) fn first(&self) -> u64 {
        self.calls.start
    }

    /// How many calls the request makes.
    pub(super) fn count(&self) -> u64 {
        self.calls.end - self.calls.start
    }

    /// Makes a request of what has gathered, if something has: an array, except of one call. Returns the
    /// generation of the credential that it is made with, if it is with one.
    pub(super) fn end_batch(&mut self, out: &mut Vec<u8>) -> Option<u64> {
        let mut array = self.gathered.take()?;
        let body = match self.count() {
            0 => {
                self.give_back();
                return None;
            }
            1 => &array[1..],
            _ => {
                array.push(b']');
                &array
            }
        };
        let generation = self.target.write_head(out, body.len());
        out.extend_from_slice(body);
        generation
    }

    /// Makes a request of the message that stands at the end of `out` from `start`, and of the headers
    /// before it that it has for itself. Returns the generation of the client's credential that it is made
    /// with, if it is with one.
    pub(super) fn end_request(&self, out: &mut Vec<u8>, start: usize) -> Option<u64> {
        let own = own_headers(&out[start..]);
        let length = out.len() - start - own;
        let generation = if own == 0 {
            self.target.write_head(out, length)
        } else {
            let metadata: Vec<u8> = out.drain(start..start + own).collect();
            self.target.write_head_with(out, length, &metadata)
        };
        out[start..].rotate_left(length);
        generation
    }

    /// Takes the next response from what has arrived, once it is whole; `ended` when no more will
    /// come.
    pub(super) fn response(
        &mut self,
        inbound: &mut Inbound,
        ended: bool,
    ) -> Result<Option<Response>, ProtocolError> {
        if self.calls.is_empty() {
            // Such a response answers nothing and may come at any time (RFC 9110, section 15.2).
            self.responses.skip_interim(inbound);
            if Responses::may_be_interim(inbound.waiting()) {
                return Ok(None);
            }
        }
        if self.calls.is_empty() && !inbound.waiting().is_empty() {
            let unasked = "an HTTP response that nobody asked for";
            let is_http = inbound.waiting().starts_with(b"HTTP/");
            let stranger = if is_http { None } else { inbound.stranger() };
            return Err(stranger.unwrap_or_else(|| ProtocolError::NotAReply(unasked.into())));
        }
        let Some(mut response) = self.responses.next(inbound, ended)? else { return Ok(None) };
        let is_used = std::mem::replace(&mut self.is_used, true);
        response.is_first = !is_used;
        if !inbound.waiting().is_empty() {
            self.responses.skip_interim(inbound);
            // Nobody has asked for more, which the next request would be answered with.
            let has_more = !inbound.waiting().is_empty();
            response.is_last |= has_more;
            response.is_doubtful = has_more && is_used;
        }
        Ok(Some(response))
    }
}
