//! A stream over TLS, for tasks.

use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep_until};

#[cfg(feature = "http")]
use super::session::Found;
use super::session::{Accepting, Session, Wire};

/// A stream that can also be tried, without a task.
pub(crate) trait TryIo: AsyncRead + AsyncWrite + Unpin {
    /// Writes what is taken at once; `WouldBlock` where nothing is, and where it can only be polled.
    fn try_send(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Reads what is there; `WouldBlock` where nothing is, and where it can only be polled.
    #[cfg(feature = "http")]
    fn try_recv(&self, room: &mut [u8]) -> io::Result<usize>;
}

/// TLS over a stream of a program on tokio. The handshake happens within the first reads, or before a client's
/// first write.
pub(crate) struct AsyncTls<S> {
    session: Arc<Session>,
    below: S,
    /// Rings when the handshake takes too long.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S: TryIo> AsyncTls<S> {
    /// Begins a server's side that finds out whether the peer speaks TLS.
    pub(crate) fn accept(below: S, accepting: &Accepting) -> Self {
        Self::adopt(below, Arc::new(Session::accept(accepting)))
    }
    /// Goes on with a connection that has begun elsewhere.
    pub(crate) fn adopt(below: S, session: Arc<Session>) -> Self {
        Self { session, below, alarm: None }
    }

    /// The stream that carries it.
    pub(crate) fn below(&self) -> &S {
        &self.below
    }

    /// Gives back the stream that carries it.
    #[cfg(feature = "http")]
    pub(crate) fn into_below(self) -> S {
        self.below
    }

    /// What is known of the connection.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// As [`Stream::is_quiet`](super::super::Stream::is_quiet).
    #[cfg(feature = "http")]
    pub(crate) fn is_quiet(&self, below: impl FnOnce(&S) -> bool) -> bool {
        match self.session.look(&mut Tried(&self.below)) {
            Found::Nothing => true,
            Found::Raw => below(&self.below),
            Found::Bytes | Found::End | Found::Reader => false,
        }
    }

    /// Writes what is taken at once. `WouldBlock` where it is not all on its way; then it is to be polled with the
    /// same bytes.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        if self.session.must_shake_hands() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.session.write(bytes, |bytes| self.below.try_send(bytes))
    }

    /// Goes on with the handshake until it is over.
    pub(crate) fn poll_handshake(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.session.is_done() {
            self.poll_first(task)?;
            let wire = &mut Polled { below: &mut self.below, task };
            match self.session.shake_hands(wire) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) if error.kind() == ErrorKind::ResourceBusy => {
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                went => return Poll::Ready(went),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// What there is to do in a handshake before something is read: its deadline, and what was not sent.
    #[cold]
    fn poll_first(&mut self, task: &mut Context<'_>) -> io::Result<()> {
        if let Some(deadline) = self.session.deadline() {
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
            let _ = alarm.as_mut().poll(task);
            self.session.check_deadline()?;
        }
        let wire = &mut Polled { below: &mut self.below, task };
        match self.session.flush(|bytes| wire.write(bytes)) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            flushed => flushed,
        }
    }

    /// Sends what is sealed, and has the stream below do so.
    fn poll_flushed(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = &mut Polled { below: &mut self.below, task };
        ready!(poll(self.session.flush(|bytes| wire.write(bytes))))?;
        Pin::new(&mut self.below).poll_flush(task)
    }
}

/// A stream below that has the task woken when it goes on.
struct Polled<'s, 't, 'c, S> {
    below: &'s mut S,
    task: &'t mut Context<'c>,
}

impl<S: TryIo> Polled<'_, '_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match Pin::new(&mut *self.below).poll_write(self.task, bytes) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: TryIo> Wire for Polled<'_, '_, '_, S> {
    fn recv(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut room = ReadBuf::new(room);
        match Pin::new(&mut *self.below).poll_read(self.task, &mut room) {
            Poll::Ready(read) => read.map(|()| room.filled().len()),
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.below.try_send(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let written = self.write(bytes)?;
                let _ = Pin::new(&mut *self.below).poll_flush(self.task);
                Ok(written)
            }
            sent => sent,
        }
    }
}

/// A stream below that is looked at without a task.
#[cfg(feature = "http")]
struct Tried<'s, S>(&'s S);

#[cfg(feature = "http")]
impl<S: TryIo> Wire for Tried<'_, S> {
    fn recv(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.try_recv(room)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_send(bytes)
    }
}

fn poll<T>(went: io::Result<T>) -> Poll<io::Result<T>> {
    match went {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        went => Poll::Ready(went),
    }
}

impl<S: TryIo> AsyncRead for AsyncTls<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.session.is_done() {
                this.poll_first(task)?;
            }
            let wire = &mut Polled { below: &mut this.below, task };
            match this.session.read(buffer.initialize_unfilled(), wire) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl<S: TryIo> AsyncWrite for AsyncTls<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.session.must_shake_hands() {
            ready!(this.poll_handshake(task))?;
        }
        let wire = &mut Polled { below: &mut this.below, task };
        poll(this.session.write_behind(bytes, |bytes| wire.write(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_flushed(task)
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let wire = &mut Polled { below: &mut this.below, task };
        ready!(poll(this.session.close(|bytes| wire.write(bytes))))?;
        ready!(this.poll_flushed(task))?;
        Pin::new(&mut this.below).poll_shutdown(task)
    }
}

impl<S: fmt::Debug> fmt::Debug for AsyncTls<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncTls").field("below", &self.below).finish_non_exhaustive()
    }
}
