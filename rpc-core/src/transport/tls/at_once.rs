//! What a stream can do without waiting.

use std::io;
#[cfg(unix)]
use std::mem::MaybeUninit;

#[cfg(unix)]
use socket2::SockRef;

use super::super::{Socket, Stream};

/// A stream that is read and written without waiting, too. The flag of a socket that says whether it waits is left
/// alone, because another thread may use the socket meanwhile.
pub(crate) trait AtOnce: Stream {
    /// Writes what is taken at once; `WouldBlock` where nothing is.
    fn send_at_once(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Whether a read would not wait.
    fn is_readable(&self) -> bool;
}

#[cfg(unix)]
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd"
))]
const NO_SIGNAL: i32 = libc::MSG_NOSIGNAL;
#[cfg(unix)]
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd"
)))]
const NO_SIGNAL: i32 = 0;

#[cfg(unix)]
impl AtOnce for Socket {
    fn send_at_once(&self, bytes: &[u8]) -> io::Result<usize> {
        SockRef::from(self).send_with_flags(bytes, libc::MSG_DONTWAIT | NO_SIGNAL)
    }

    fn is_readable(&self) -> bool {
        let flags = libc::MSG_DONTWAIT | libc::MSG_PEEK;
        let peeked = SockRef::from(self).recv_with_flags(&mut [MaybeUninit::uninit()], flags);
        !peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

#[cfg(not(unix))]
impl AtOnce for Socket {
    fn send_at_once(&self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    fn is_readable(&self) -> bool {
        !self.is_quiet()
    }
}
