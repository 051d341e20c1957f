//! Unix sockets.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Socket, Stream};

/// Connects within `timeout`.
///
/// One that finds the server's queue full waits for a place in it, and std cannot bound that wait. So it
/// waits on a thread of its own, which is left alone where it takes too long.
pub(crate) fn connect(path: &Path, timeout: Duration) -> io::Result<Socket> {
    check(path)?;
    let (sender, connected) = mpsc::sync_channel(1);
    let path = path.to_owned();
    thread::Builder::new()
        .name("rpc connecting".to_owned())
        .spawn(move || sender.send(UnixStream::connect(path)))?;
    connected
        .recv_timeout(timeout)
        .unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
        .map(Socket::Unix)
}

/// Connects without blocking; where the server's queue is full that is an error, `WouldBlock`.
#[cfg(feature = "tokio")]
pub(crate) async fn connect_async(path: &Path) -> io::Result<super::AsyncSocket> {
    check(path)?;
    tokio::net::UnixStream::connect(path).await.map(super::AsyncSocket::Unix)
}

/// Refuses a path that no socket can have, and says so better than the operating system.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    let problem = match std::os::unix::net::SocketAddr::from_pathname(path) {
        _ if path.as_os_str().is_empty() => "`unix:` names no path".to_owned(),
        Err(_) => {
            let length = path.as_os_str().len();
            format!(
                "the path of a socket has at most about 100 bytes and no zero among them, and {} has {length}; choose a shorter one",
                path.display(),
            )
        }
        Ok(_) => return Ok(()),
    };
    Err(io::Error::new(ErrorKind::InvalidInput, problem))
}

impl Stream for UnixStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, buffer)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut &*self, bytes)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_read_timeout(self, timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_write_timeout(self, timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }

    fn is_quiet(&self) -> bool {
        as_tcp(self).is_ok_and(|stream| stream.is_quiet())
    }

    fn is_ended(&self) -> bool {
        as_tcp(self).is_ok_and(|stream| stream.is_ended())
    }
}

/// The same socket as a `TcpStream`, which std lets look at the next byte: the question put to the
/// operating system is the same for every kind of stream.
fn as_tcp(stream: &impl AsFd) -> io::Result<TcpStream> {
    stream.as_fd().try_clone_to_owned().map(TcpStream::from)
}
