//! A stream over TLS, for threads: one may read while another writes.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::super::Stream;
use super::at_once::AtOnce;
use super::session::{Accepting, Found, Session, Wire};

/// TLS over a stream. The handshake happens within the first reads, or before a client's first write.
pub(crate) struct TlsStream<S> {
    session: Arc<Session>,
    below: S,
    /// How long a read may wait.
    read_timeout: Mutex<Option<Duration>>,
}

impl<S: AtOnce> TlsStream<S> {
    /// Begins a server's side that finds out whether the peer speaks TLS.
    pub(crate) fn accept(below: S, accepting: &Accepting) -> Self {
        Self::over(below, Session::accept(accepting))
    }

    /// Begins a client's side.
    pub(crate) fn client(
        below: S,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<Self> {
        Ok(Self::over(below, Session::client(config, name)?))
    }

    fn over(below: S, session: Session) -> Self {
        Self { session: Arc::new(session), below, read_timeout: Mutex::default() }
    }

    /// The stream that carries it.
    pub(crate) fn below(&self) -> &S {
        &self.below
    }

    /// What is known of the connection.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Ends the handshake, within the read timeout of the stream for each of the peer's messages.
    pub(crate) fn shake_hands(&self) -> io::Result<()> {
        const AGAIN: Duration = Duration::from_millis(1);
        while !self.session.is_done() {
            match self.session.shake_hands(&mut Waiting(&self.below)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ResourceBusy => thread::sleep(AGAIN),
                went => return went,
            }
        }
        Ok(())
    }

    /// Reads while the handshake is not over, which has a deadline of its own.
    #[cold]
    fn read_at_first(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.session.check_deadline()?;
        let timeout = *self.read_timeout.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.session.deadline().map(|end| end.saturating_duration_since(Instant::now()));
        let sooner = left.filter(|left| timeout.is_none_or(|timeout| *left < timeout));
        if let Some(left) = sooner {
            self.below.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        }
        let read = self.read_now(buffer);
        if sooner.is_some() {
            self.below.set_read_timeout(timeout)?;
        }
        self.session.check_deadline()?;
        read
    }

    #[inline]
    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.session.read(buffer, &mut Waiting(&self.below))
    }

    fn look(&self) -> Found {
        self.session.look(&mut Looking(&self.below))
    }
}

/// Reads wait.
struct Waiting<'s, S>(&'s S);

impl<S: AtOnce> Wire for Waiting<'_, S> {
    fn recv(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send_at_once(bytes)
    }
}

/// Nothing waits.
struct Looking<'s, S>(&'s S);

impl<S: AtOnce> Wire for Looking<'_, S> {
    fn recv(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.0.is_readable() { self.0.read(room) } else { Err(ErrorKind::WouldBlock.into()) }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send_at_once(bytes)
    }
}

impl<S: AtOnce> Stream for TlsStream<S> {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.session.is_done() { self.read_now(buffer) } else { self.read_at_first(buffer) }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        if self.session.must_shake_hands() {
            self.shake_hands()?;
        }
        self.session.write(bytes, |bytes| self.below.write(bytes))
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        *self.read_timeout.lock().unwrap_or_else(PoisonError::into_inner) = timeout;
        self.below.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.below.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        let goodbye = match how {
            Shutdown::Read => Ok(()),
            Shutdown::Write => self.session.close(|bytes| self.below.write(bytes)),
            Shutdown::Both => self.session.close_at_once(|bytes| self.below.send_at_once(bytes)),
        };
        self.below.shutdown(how)?;
        if how == Shutdown::Write { goodbye } else { Ok(()) }
    }

    fn is_quiet(&self) -> bool {
        match self.look() {
            Found::Nothing => true,
            Found::Raw => self.below.is_quiet(),
            Found::Bytes | Found::End | Found::Reader => false,
        }
    }

    fn is_ended(&self) -> bool {
        match self.look() {
            Found::End => true,
            Found::Raw => self.below.is_ended(),
            Found::Bytes | Found::Nothing | Found::Reader => false,
        }
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.below.peer()
    }
}

impl<S: fmt::Debug> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("below", &self.below).finish_non_exhaustive()
    }
}
