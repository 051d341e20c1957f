//! Listeners of programs on tokio.

use std::io;
use std::task::{Context, Poll, ready};

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::transport::{Address, AsyncSocket, Socket};

use super::{Listener, Rest, accept_rest};

/// A listener of a program on tokio, made from either of tokio's (feature `tokio`).
#[derive(Debug)]
#[non_exhaustive]
pub enum AsyncListener {
    /// Accepts TCP connections.
    Tcp(TcpListener),
    /// Accepts connections over a Unix socket, whose file is the program's to remove.
    #[cfg(unix)]
    Unix(UnixListener),
}

impl AsyncListener {
    /// Takes a copy of a listener into the runtime that this is called in.
    pub(in crate::server) fn copy_of(listener: &Listener) -> io::Result<Self> {
        Ok(match listener.try_clone()? {
            Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                Self::Tcp(TcpListener::from_std(listener)?)
            }
            #[cfg(unix)]
            Listener::Unix(listener, _) => {
                listener.set_nonblocking(true)?;
                Self::Unix(UnixListener::from_std(listener)?)
            }
        })
    }

    /// The address listened at.
    pub(in crate::server) fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix(listener) => {
                let address = listener.local_addr()?;
                Ok(Address::Unix(address.as_pathname().map(Into::into).unwrap_or_default()))
            }
        }
    }

    /// Accepts those that have connected and wait, because nobody will be accepted later.
    pub(in crate::server) fn into_rest(self) -> io::Result<Rest> {
        Ok(match self {
            Self::Tcp(listener) => {
                let listener = listener.into_std()?;
                accept_rest(|| Ok(Socket::Tcp(listener.accept()?.0)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let listener = listener.into_std()?;
                accept_rest(|| Ok(Socket::Unix(listener.accept()?.0)))
            }
        })
    }

    pub(in crate::server) fn poll_accept(
        &self,
        task: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncSocket>> {
        Poll::Ready(match self {
            Self::Tcp(listener) => Ok(AsyncSocket::Tcp(ready!(listener.poll_accept(task))?.0)),
            #[cfg(unix)]
            Self::Unix(listener) => Ok(AsyncSocket::Unix(ready!(listener.poll_accept(task))?.0)),
        })
    }
}

impl From<TcpListener> for AsyncListener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

#[cfg(unix)]
impl From<UnixListener> for AsyncListener {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}
