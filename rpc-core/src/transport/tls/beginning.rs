//! How a client shakes hands before it sends anything else, within a time.

#[cfg(feature = "tokio")]
use std::future::poll_fn;
use std::io::{self, ErrorKind};
#[cfg(feature = "tokio")]
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "tokio")]
use std::task::{Context, Poll};
use std::time::Instant;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
#[cfg(feature = "tokio")]
use tokio::io::ReadBuf;
#[cfg(feature = "tokio")]
use tokio::time::timeout_at;

use super::super::Stream;
use super::session::Wire;
#[cfg(feature = "tokio")]
use super::{AsyncTls, Session, TryIo};
use super::{AtOnce, TlsStream};

/// Bytes of a server's answer that are kept, to show what it is where it is no TLS.
const KEPT: usize = 60;

/// What a client's handshake came to.
pub(crate) struct Begun<S> {
    pub(crate) stream: S,
    pub(crate) went: io::Result<()>,
    /// How the server began.
    pub(crate) first: Vec<u8>,
}

/// Shakes hands until `end`, in the name of a client.
pub(crate) fn begin<S: AtOnce>(
    below: S,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    end: Option<Instant>,
) -> io::Result<Begun<TlsStream<S>>> {
    let stream = TlsStream::client(below, config, name)?;
    let mut wire = Waiting { below: stream.below(), first: Vec::new() };
    let went = loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            break Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(left)?;
        match stream.session().shake_hands(&mut wire) {
            Err(error) if is_again(&error) => {}
            went => break went,
        }
    };
    let first = wire.first;
    stream.set_read_timeout(None)?;
    Ok(Begun { stream, went, first })
}

/// The same without blocking.
#[cfg(feature = "tokio")]
pub(crate) async fn begin_async<S: TryIo>(
    mut below: S,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    end: Option<Instant>,
) -> io::Result<Begun<AsyncTls<S>>> {
    let session = Arc::new(Session::client(config, name)?);
    let mut first = Vec::new();
    let shaken = poll_fn(|task| {
        let wire = &mut Polled { below: &mut below, task, first: &mut first };
        loop {
            match session.flush(|bytes| wire.send(bytes)) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => {
                    return Poll::Ready(Err(error));
                }
                _ => {}
            }
            match session.shake_hands(wire) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
                went => return Poll::Ready(went),
            }
        }
    });
    let went = match end {
        Some(end) => timeout_at(end.into(), shaken).await.unwrap_or_else(|late| Err(late.into())),
        None => shaken.await,
    };
    Ok(Begun { stream: AsyncTls::adopt(below, session), went, first })
}

fn is_again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// A stream whose reads wait.
struct Waiting<'s, S> {
    below: &'s S,
    first: Vec<u8>,
}

impl<S: AtOnce> Wire for Waiting<'_, S> {
    fn recv(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.below.read(room)?;
        keep(&mut self.first, &room[..count]);
        Ok(count)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.below.send_at_once(bytes)
    }
}

/// A stream that has the task woken when it goes on.
#[cfg(feature = "tokio")]
struct Polled<'s, 't, 'c, S> {
    below: &'s mut S,
    task: &'t mut Context<'c>,
    first: &'s mut Vec<u8>,
}

#[cfg(feature = "tokio")]
impl<S: TryIo> Wire for Polled<'_, '_, '_, S> {
    fn recv(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut room = ReadBuf::new(room);
        match Pin::new(&mut *self.below).poll_read(self.task, &mut room) {
            Poll::Ready(read) => read?,
            Poll::Pending => return Err(ErrorKind::WouldBlock.into()),
        }
        keep(self.first, room.filled());
        Ok(room.filled().len())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match Pin::new(&mut *self.below).poll_write(self.task, bytes) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

fn keep(first: &mut Vec<u8>, bytes: &[u8]) {
    let left = KEPT.saturating_sub(first.len());
    first.extend_from_slice(&bytes[..bytes.len().min(left)]);
}
