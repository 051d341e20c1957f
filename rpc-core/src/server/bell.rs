//! What wakes a thread that waits for sockets.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// What wakes whoever waits for several sockets, this among them. Once rung it stays so.
#[derive(Debug)]
pub(super) struct Bell {
    heard: UnixStream,
    rung: UnixStream,
}

impl Bell {
    pub(super) fn new() -> io::Result<Self> {
        let (heard, rung) = UnixStream::pair()?;
        Ok(Self { heard, rung })
    }

    pub(super) fn ring(&self) {
        let _ = (&self.rung).write(&[0]);
    }

    /// What can be read once it was rung.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.heard.as_fd()
    }
}
