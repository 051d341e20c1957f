//! A connection's socket, with what has been read from it and what is to be written.

use std::io::{self, ErrorKind};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::protocol::Inbound;
use crate::protocol::websocket::Side;
use crate::transport::AsyncSocket;

use super::super::ClientBuilder;
use super::super::lost::Lost;

/// The socket, for whoever writes and reads now.
#[derive(Debug)]
pub(super) struct Io {
    stream: AsyncSocket,
    pub(super) inbound: Inbound,
    /// What is being written, and how much of it has been.
    outgoing: Vec<u8>,
    written: usize,
    /// Whether the stream keeps nothing of what was written.
    is_flushed: bool,
    /// Whether it has been looked at since anything was written.
    is_looked_at: bool,
    /// Wakes whoever is to read.
    reader: Waker,
    settings: ClientBuilder,
    /// Whoever is to be woken for what was read; empty, and kept for its memory.
    pub(super) awake: Vec<Waker>,
}

impl Io {
    /// Takes a socket from which `received` has been read already.
    pub(super) fn new(
        stream: AsyncSocket,
        received: &[u8],
        reader: Waker,
        settings: &ClientBuilder,
    ) -> Self {
        let mut inbound = Inbound::new(Some(settings.framing), Side::Client, &settings.limits);
        inbound.feed(received);
        let (outgoing, awake) = (Vec::new(), Vec::new());
        let settings = settings.clone();
        Self {
            stream,
            inbound,
            outgoing,
            written: 0,
            is_flushed: true,
            is_looked_at: false,
            reader,
            settings,
            awake,
        }
    }

    /// Whether nothing has come unasked, and the other side has not ended the connection: then it is
    /// not looked at once more before something is written.
    pub(super) fn is_still_fresh(&mut self) -> bool {
        self.is_looked_at = self.settings.is_fresh(&self.stream);
        self.is_looked_at
    }

    /// Whether everything has been written.
    pub(super) fn is_idle(&self) -> bool {
        self.outgoing.is_empty()
    }

    /// Bytes that are still to be written.
    pub(super) fn left(&self) -> usize {
        self.outgoing.len() - self.written
    }

    /// Takes what is to be written, where everything has been written before.
    pub(super) fn take_outgoing(&mut self, queued: &mut Vec<u8>) {
        if !queued.is_empty() && self.is_idle() {
            mem::swap(&mut self.outgoing, queued);
        }
    }

    /// Writes everything, for which `task` is woken when it can be.
    pub(super) fn poll_write(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        self.is_flushed &= self.is_idle();
        ready!(self.write_with(|stream, bytes| Pin::new(stream).poll_write(task, bytes)))?;
        if !self.is_flushed {
            let flushed = ready!(Pin::new(&mut self.stream).poll_flush(task));
            flushed.map_err(|error| Lost::io(&error))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what the operating system takes at once; whether that was everything.
    pub(super) fn try_write(&mut self) -> Result<bool, Lost> {
        let written = self.write_with(|stream, bytes| match stream.try_write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            written => Poll::Ready(written),
        });
        match written {
            Poll::Ready(written) => written.map(|()| true),
            Poll::Pending => Ok(false),
        }
    }

    #[inline]
    fn write_with(
        &mut self,
        mut write: impl FnMut(&mut AsyncSocket, &[u8]) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<(), Lost>> {
        if self.is_idle() {
            return Poll::Ready(Ok(()));
        }
        let is_looked_at = mem::take(&mut self.is_looked_at);
        if self.written == 0 && !is_looked_at && !self.settings.is_fresh(&self.stream) {
            return Poll::Ready(Err(self.unasked()));
        }
        while self.written < self.outgoing.len() {
            match ready!(write(&mut self.stream, &self.outgoing[self.written..])) {
                Ok(0) => return Poll::Ready(Err(Lost::io(&ErrorKind::WriteZero.into()))),
                Ok(count) if count > self.left() => {
                    return Poll::Ready(Err(Lost::io(&ErrorKind::InvalidData.into())));
                }
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(Lost::io(&error))),
            }
        }
        self.written = 0;
        self.outgoing.clear();
        self.outgoing.shrink_to(self.settings.limits.max_message_bytes);
        Poll::Ready(Ok(()))
    }

    /// Why a connection is no good before anything was sent: what has come may say who the other side is.
    #[cold]
    fn unasked(&mut self) -> Lost {
        let _ = self.poll_read();
        let is_http = self.inbound.waiting().starts_with(b"HTTP/");
        let stranger = if is_http { None } else { self.inbound.stranger() };
        stranger.map_or_else(Lost::closed, Lost::Protocol)
    }

    /// Reads what is there, and says how many bytes that were: none where the other side has ended the
    /// stream. Where nothing is there, whoever is to read is woken when something is.
    pub(super) fn poll_read(&mut self) -> Poll<Result<usize, Lost>> {
        let mut task = Context::from_waker(&self.reader);
        loop {
            let mut room = ReadBuf::new(self.inbound.room());
            match ready!(Pin::new(&mut self.stream).poll_read(&mut task, &mut room)) {
                Ok(()) => {
                    let count = room.filled().len();
                    self.inbound.received(count);
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(Lost::reading(&error, &self.inbound))),
            }
        }
    }

    /// Whether there may be something to read; if not, whoever is to read is woken when there
    /// is.
    pub(super) fn is_readable(&self) -> bool {
        self.stream.poll_read_ready(&mut Context::from_waker(&self.reader)).is_ready()
    }

    /// Wakes whoever is to be woken for what was read.
    #[inline]
    pub(super) fn wake(&mut self) {
        if !self.awake.is_empty() {
            self.awake.drain(..).for_each(Waker::wake);
        }
    }

    /// Says the last words, if they are taken at once, and closes.
    pub(super) fn close(self, words: &[u8]) {
        if !words.is_empty() {
            let _ = self.stream.try_write(words);
        }
    }
}
