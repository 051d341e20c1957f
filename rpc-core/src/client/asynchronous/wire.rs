//! A connection's socket and what is under way on it, for whoever holds it: the task that drives the
//! connection, or that of a call.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::protocol::Inbound;
use crate::protocol::websocket::Side;
use crate::transport::AsyncSocket;

use super::super::ClientBuilder;
use super::super::flight::Own;
use super::super::lost::Lost;
use super::link::Link;

/// The socket, with what has been read from it and what is to be written.
#[derive(Debug)]
pub(super) struct Wire {
    stream: AsyncSocket,
    pub(super) inbound: Inbound,
    /// What is being written, and how much of it has been.
    pub(super) outgoing: Vec<u8>,
    written: usize,
    /// Wakes whoever is to read.
    reader: Waker,
    settings: ClientBuilder,
    awake: Vec<Waker>,
}

impl Wire {
    /// Takes a socket from which `received` has been read already.
    pub(super) fn new(
        stream: AsyncSocket,
        received: &[u8],
        reader: Waker,
        settings: ClientBuilder,
    ) -> Self {
        let mut inbound = Inbound::new(Some(settings.framing), Side::Client, &settings.limits);
        inbound.feed(received);
        let (outgoing, awake) = (Vec::new(), Vec::new());
        Self { stream, inbound, outgoing, written: 0, reader, settings, awake }
    }

    /// Whether everything has been written.
    pub(super) fn is_idle(&self) -> bool {
        self.outgoing.is_empty()
    }

    /// Writes what the operating system takes, for which `task` is woken when it takes more. Whether
    /// that was everything.
    pub(super) fn write(&mut self, link: &Link, task: &mut Context<'_>) -> Result<bool, Lost> {
        self.write_with(link, |stream, bytes| Pin::new(stream).poll_write(task, bytes))
    }

    /// Whether something has been written, and not everything.
    pub(super) fn is_under_way(&self) -> bool {
        self.written > 0
    }

    /// Writes what the operating system takes at once. Whether that was everything.
    pub(super) fn try_write(&mut self, link: &Link) -> Result<bool, Lost> {
        self.write_with(link, |stream, bytes| match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result),
        })
    }

    fn write_with(
        &mut self,
        link: &Link,
        mut write: impl FnMut(&mut AsyncSocket, &[u8]) -> Poll<io::Result<usize>>,
    ) -> Result<bool, Lost> {
        if self.written == 0 && !self.outgoing.is_empty() && !self.settings.is_fresh(&self.stream) {
            return Err(Lost::closed());
        }
        while self.written < self.outgoing.len() {
            match write(&mut self.stream, &self.outgoing[self.written..]) {
                Poll::Ready(Ok(count)) => {
                    self.written += count;
                    link.wrote(count);
                }
                Poll::Ready(Err(error)) => return Err(Lost::io(&error)),
                Poll::Pending => return Ok(false),
            }
        }
        self.written = 0;
        self.outgoing.clear();
        self.outgoing.shrink_to(self.settings.limits.max_message_bytes);
        Ok(true)
    }

    /// Reads what is there, and hands out the replies in it. That of the call `own` is left where it
    /// is and returned. Whoever is to read is woken when there is more.
    pub(super) fn read(&mut self, link: &Link, own: Option<u64>) -> Result<Option<Own>, Lost> {
        let mut task = Context::from_waker(&self.reader);
        loop {
            let mut room = ReadBuf::new(self.inbound.room());
            let count = match Pin::new(&mut self.stream).poll_read(&mut task, &mut room) {
                Poll::Ready(Ok(())) => room.filled().len(),
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Poll::Ready(Err(error)) => return Err(Lost::io(&error)),
                Poll::Pending => return Ok(None),
            };
            if count == 0 {
                return match link.end(&mut self.inbound, own, &mut self.awake)? {
                    None => Err(Lost::closed()),
                    own => Ok(own),
                };
            }
            self.inbound.received(count);
            let found = link.receive(&mut self.inbound, own, &mut self.awake)?;
            if found.is_some() {
                // Its place in the buffer is not to be read over.
                if self.stream.poll_read_ready(&mut task).is_ready() {
                    self.reader.wake_by_ref();
                }
                return Ok(found);
            }
        }
    }

    /// Says the last words and closes.
    pub(super) fn close(self, link: &Link) {
        let words = link.last_words();
        if !words.is_empty() {
            let _ = self.stream.try_write(&words);
        }
    }
}
