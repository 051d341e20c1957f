//! Standard output, kept for messages alone.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};

use super::sys;

/// The standard output of this process while it is kept for messages. What else writes to standard
/// output meanwhile, in this process or in those that it starts, writes to standard error.
#[derive(Debug)]
pub(in crate::server) struct Output {
    own: File,
}

impl Output {
    /// Takes it, until this is dropped.
    pub(in crate::server) fn take() -> io::Result<Self> {
        let mut standard = io::stdout();
        standard.flush()?;
        let own = File::from(standard.as_fd().try_clone_to_owned()?);
        sys::close_behind(standard.as_fd().as_raw_fd(), io::stderr().as_fd());
        Ok(Self { own })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.own.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let mut standard = io::stdout();
        let _ = standard.flush();
        sys::close_behind(standard.as_fd().as_raw_fd(), self.own.as_fd());
    }
}
