//! The two ends of a program's standard input and output: one socket, which has timeouts.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use super::Socket;

/// What a program's standard input is written to and its output read from.
pub(super) type Pipes = Socket;

/// Starts a program at the other end of a pair of sockets.
pub(super) fn start(command: &mut Command) -> io::Result<(Pipes, Child)> {
    let (here, there) = UnixStream::pair()?;
    let input = OwnedFd::from(there.try_clone()?);
    command.stdin(Stdio::from(input)).stdout(Stdio::from(OwnedFd::from(there)));
    let started = command.spawn();
    // The command keeps what it is given: this process would hold the program's end open.
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Ok((Socket::Unix(here), started?))
}

/// The same for a program on tokio.
#[cfg(feature = "tokio")]
pub(super) fn into_async(pipes: Pipes) -> io::Result<super::AsyncSocket> {
    super::AsyncSocket::from_std(pipes)
}
