//! HTTP where the feature that speaks it is off: there is no such exchange.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::protocol::{Inbound, Limits, ProtocolError};

use super::credentials::Credentials;

#[derive(Debug)]
pub(super) enum Target {}

impl Target {
    pub(super) fn new(
        _: (&str, bool),
        _: &str,
        _: &[(String, String)],
        _: &[(String, String)],
        _: Dialect,
    ) -> io::Result<Self> {
        let problem = "HTTP takes the feature `http` of rpc-core";
        Err(io::Error::new(ErrorKind::Unsupported, problem))
    }

    pub(super) fn with(self, _: Option<Arc<Credentials>>) -> Self {
        match self {}
    }

    pub(super) fn follow(&self, _: &Error) -> bool {
        match *self {}
    }
}

#[derive(Debug)]
pub(super) enum Exchange {}

#[derive(Debug)]
pub(super) struct Response {
    pub(super) body: Vec<u8>,
    pub(super) is_last: bool,
    pub(super) is_first: bool,
    pub(super) is_doubtful: bool,
    there_is_none: Infallible,
}

impl Response {
    pub(super) fn is_success(&self) -> bool {
        match self.there_is_none {}
    }

    pub(super) fn to_error(&self) -> ProtocolError {
        match self.there_is_none {}
    }

    pub(super) fn no_reply(&self, _: ProtocolError) -> ProtocolError {
        match self.there_is_none {}
    }
}

impl Exchange {
    pub(super) fn new(target: &Arc<Target>, _: &Limits) -> Self {
        match **target {}
    }

    pub(super) fn take(&mut self) -> bool {
        match *self {}
    }

    pub(super) fn give_back(&mut self) -> Range<u64> {
        match *self {}
    }

    pub(super) fn is_taken(&self) -> bool {
        match *self {}
    }

    #[cfg(feature = "tokio")]
    pub(super) fn is_used(&self) -> bool {
        match *self {}
    }

    pub(super) fn add(&mut self, _: u64) {
        match *self {}
    }

    pub(super) fn forget(&mut self, _: u64) -> bool {
        match *self {}
    }

    pub(super) fn begin_batch(&mut self) {
        match *self {}
    }

    pub(super) fn gathers(&self) -> bool {
        match *self {}
    }

    pub(super) fn gathered(&mut self) -> Option<&mut Vec<u8>> {
        match *self {}
    }

    pub(super) fn first(&self) -> u64 {
        match *self {}
    }

    pub(super) fn count(&self) -> u64 {
        match *self {}
    }

    pub(super) fn end_batch(&mut self, _: &mut Vec<u8>) -> Option<u64> {
        match *self {}
    }

    pub(super) fn end_request(&self, _: &mut Vec<u8>, _: usize) -> Option<u64> {
        match *self {}
    }

    pub(super) fn response(
        &mut self,
        _: &mut Inbound,
        _: bool,
    ) -> Result<Option<Response>, ProtocolError> {
        match *self {}
    }
}
