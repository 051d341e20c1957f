//! WebSockets where the feature that speaks it is off.

use std::io::{self, ErrorKind};
use std::time::Duration;

use crate::transport::Stream;

use super::credentials::Credential;

/// What a `ws://` URL names on its server: here nothing is.
#[derive(Debug)]
pub(super) enum Resource {}

impl Resource {
    pub(super) fn new(_: String, _: String, _: &[(String, String)]) -> io::Result<Self> {
        let problem = "WebSocket takes the feature `http` of rpc-core";
        Err(io::Error::new(ErrorKind::Unsupported, problem))
    }

    pub(super) fn open(
        &self,
        _: &impl Stream,
        _: Option<&Credential>,
        _: Duration,
    ) -> io::Result<Vec<u8>> {
        match *self {}
    }

    #[cfg(feature = "tokio")]
    #[allow(clippy::unused_async)] // As the one that waits.
    pub(super) async fn open_async(
        &self,
        _: &mut crate::transport::AsyncSocket,
        _: Option<&Credential>,
    ) -> io::Result<Vec<u8>> {
        match *self {}
    }
}
