//! A stream as hyper reads and writes it, with the patience this server has.

use std::future::poll_fn;
use std::io;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::pump::{Linger, Timeouts};

use super::frames::Frames;
use super::streams::{Reason, Streams};
use super::traffic::Traffic;
use super::unread::own_answer;

/// A stream of which some bytes have been read already.
///
/// hyper-util has an adapter for tokio's streams; what is added here (the bytes in front, the write
/// timeout, an end that waits) would need one around it, which is as long as this.
pub(super) struct Io<S> {
    stream: S,
    /// What was received before this was made, and how much of it has been read.
    received: Vec<u8>,
    read: usize,
    traffic: Arc<Traffic>,
    write_timeout: Duration,
    linger: Duration,
    /// Rings when the peer has been too slow to take what is being written.
    writing: Option<Pin<Box<Sleep>>>,
    /// Rings when a peer that has ended its side is taken to be gone.
    ending: Option<Pin<Box<Sleep>>>,
    /// Rings when the peer has had its time to read the last words.
    closing: Option<(Pin<Box<Sleep>>, Linger)>,
    /// What comes over a connection of HTTP/2.
    frames: Option<Box<Frames>>,
    /// Whether there were too many of them that ask for nothing.
    is_flooded: bool,
    /// Whether hyper's own answer to a head that it cannot read was kept back, for one that says more.
    owes_answer: bool,
}

/// Bytes read at a time, and where a long message is coming.
const READ: usize = 8 * 1024;
const LARGE_READ: usize = 64 * 1024;

impl<S> Io<S> {
    pub(super) fn new(
        stream: S,
        received: Vec<u8>,
        traffic: &Arc<Traffic>,
        timeouts: &Timeouts,
    ) -> Self {
        Self {
            stream,
            received,
            read: 0,
            traffic: Arc::clone(traffic),
            write_timeout: timeouts.write,
            linger: timeouts.linger,
            writing: None,
            ending: None,
            closing: None,
            frames: None,
            is_flooded: false,
            owes_answer: false,
        }
    }

    /// Has the frames looked at that come and go, as HTTP/2 has them.
    pub(super) fn count_frames(&mut self, streams: &Arc<Streams>) {
        self.frames = Some(Box::new(Frames::new(streams)));
    }
}

impl<S> Io<S> {
    /// Whether the peer has not been told that its request cannot be read; asked once.
    pub(super) fn is_owed_answer(&mut self) -> bool {
        mem::take(&mut self.owes_answer)
    }

    /// Gives back the stream, and what was received before this was made and has not been read.
    pub(super) fn into_inner(mut self) -> (S, Vec<u8>) {
        (self.stream, self.received.split_off(self.read))
    }
}

impl<S: AsyncRead + Unpin> Io<S> {
    /// Reads as the stream does; the bytes received before come first.
    fn poll_some(
        &mut self,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let waiting = &self.received[self.read..];
        if waiting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(task, buffer);
        }
        let count = waiting.len().min(buffer.remaining());
        buffer.put_slice(&waiting[..count]);
        self.read += count;
        if self.read == self.received.len() {
            (self.received, self.read) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads up to so many bytes, and says how many there were. A function of its own for each number,
    /// lest a short read have the stack of a long one.
    #[inline(never)]
    fn poll_at_once<const SIZE: usize>(
        &mut self,
        task: &mut Context<'_>,
        cursor: &mut ReadBufCursor<'_>,
    ) -> Poll<io::Result<usize>> {
        // Filling it with zeros for each read would cost more than hyper does with a call.
        let mut buffer = [MaybeUninit::uninit(); SIZE];
        let size = cursor.remaining().min(SIZE);
        let mut buffer = ReadBuf::uninit(&mut buffer[..size]);
        let is_first = self.read == 0 && !self.received.is_empty();
        ready!(self.poll_some(task, &mut buffer))?;
        let bytes = buffer.filled();
        if let Some(frames) = &mut self.frames
            && !frames.received(bytes)
        {
            self.is_flooded = true;
            return Poll::Ready(Ok(0));
        }
        let begins = !bytes.is_empty() && self.traffic.received() || is_first;
        match bytes.strip_prefix(b"POST ") {
            // A URL without a path has `/` for one (RFC 9112, section 3.2.1). Python's XML-RPC client, for one, does
            // not know, and hyper does not forgive it.
            Some(rest) if begins && rest.starts_with(b"?") && bytes.len() < cursor.remaining() => {
                cursor.put_slice(b"POST /");
                cursor.put_slice(rest);
            }
            _ => cursor.put_slice(bytes),
        }
        Poll::Ready(Ok(bytes.len()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> {
    /// Tells a peer why its connection is ended, and ends it when it has had the time to read that.
    #[cold]
    fn poll_end_flood(&mut self, task: &mut Context<'_>) -> Poll<io::Error> {
        if let Some(frames) = &self.frames {
            let words = frames.streams.end(Reason::EnhanceYourCalm);
            if !words.is_empty() {
                // Where there is no room for so little, the peer does not read.
                let _ = Pin::new(&mut self.stream).poll_write(task, &words);
            }
        }
        let _ = ready!(Pin::new(self).poll_shutdown(task));
        let flood = "too many frames of HTTP/2 that ask for nothing";
        Poll::Ready(io::Error::new(io::ErrorKind::InvalidData, flood))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Read for Io<S> {
    /// A peer that ends its side while a call runs has left, or waits for the reply and will send
    /// nothing more. It cannot be told which, so calls have some time to end before the end is seen.
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        const PATIENCE: Duration = Duration::from_secs(1);
        if self.is_flooded {
            return self.poll_end_flood(task).map(Err);
        }
        if self.ending.is_none() {
            // hyper asks for more where much has come before.
            let count = if cursor.remaining() <= READ {
                self.poll_at_once::<READ>(task, &mut cursor)
            } else {
                self.poll_at_once::<LARGE_READ>(task, &mut cursor)
            };
            if ready!(count)? > 0 {
                return Poll::Ready(Ok(()));
            }
            if self.is_flooded {
                return self.poll_end_flood(task).map(Err);
            }
            self.ending = Some(Box::pin(sleep(PATIENCE)));
            if self.traffic.is_running() {
                // A body that has arrived whole may not have been looked at yet.
                task.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        // Of a request over HTTP/2 that came with the end hyper tells only when it goes on.
        let waits = self.traffic.is_answering()
            || self.frames.as_ref().is_some_and(|frames| frames.streams.are_waiting());
        match &mut self.ending {
            Some(ending) if waits => ending.as_mut().poll(task).map(Ok),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> {
    /// Writes these parts by `write`; their frames are looked at, where there are such.
    #[inline]
    fn write_by(
        &mut self,
        parts: &[io::IoSlice<'_>],
        write: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        let Some(frames) = &mut self.frames else {
            return write(stream);
        };
        let Some(mut writing) = frames.streams.write() else {
            // The last words have been said.
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        };
        let written = write(stream);
        if let Poll::Ready(Ok(count)) = &written {
            let mut left = *count;
            for part in parts {
                let part = &part[..left.min(part.len())];
                writing.wrote(part);
                left -= part.len();
            }
            drop(writing);
            frames.wrote(*count);
        }
        written
    }

    /// Takes note of an answer of hyper's own that is not to be written, and says what stands before it.
    #[inline]
    fn keep_back(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.frames.is_some() || !bytes.ends_with(b"\r\n\r\n") {
            return None;
        }
        let before = own_answer(bytes)?;
        self.owes_answer |= before == 0;
        Some(before)
    }

    /// Lets a write take the write timeout from when the peer first took nothing to when everything
    /// has been taken; where there is no whole, to when something has.
    fn in_time<T>(
        &mut self,
        task: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_pending() {
            let limit = self.write_timeout;
            let alarm = self.writing.get_or_insert_with(|| Box::pin(sleep(limit)));
            ready!(alarm.as_mut().poll(task));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if self.writing.is_some() && self.traffic.is_streaming() {
            self.writing = None;
        }
        written
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Write for Io<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = match self.keep_back(bytes) {
            Some(0) => return Poll::Ready(Ok(bytes.len())),
            Some(before) => &bytes[..before],
            None => bytes,
        };
        let parts = [io::IoSlice::new(bytes)];
        let written = self.write_by(&parts, |stream| stream.poll_write(task, bytes));
        self.in_time(task, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // To the operating system a short text is less than a list of its parts.
        const SHORT: usize = 512;
        let mut short = [0; SHORT];
        let size: usize = parts.iter().map(|part| part.len()).sum();
        let written = if size <= SHORT {
            let mut end = 0;
            for part in parts {
                short[end..end + part.len()].copy_from_slice(part);
                end += part.len();
            }
            match self.keep_back(&short[..end]) {
                Some(0) => return Poll::Ready(Ok(end)),
                Some(before) => end = before,
                None => {}
            }
            self.write_by(parts, |stream| stream.poll_write(task, &short[..end]))
        } else {
            self.write_by(parts, |stream| stream.poll_write_vectored(task, parts))
        };
        self.in_time(task, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has nothing left to write.
    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(task);
        if flushed.is_ready() {
            self.writing = None;
            if self.traffic.written() && self.ending.is_some() {
                // There is an end to be read now.
                task.waker().wake_by_ref();
            }
        }
        self.in_time(task, flushed)
    }

    /// Closes so that the peer can still read what was written: bytes it has sent and nobody read
    /// would make the operating system throw the replies away.
    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.owes_answer {
            return Poll::Ready(Ok(()));
        }
        if self.closing.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(task))?;
            if self.linger.is_zero() {
                return Poll::Ready(Ok(()));
            }
            self.closing = Some((Box::pin(sleep(self.linger)), Linger::begin(self.linger)));
        }
        let mut rest = [MaybeUninit::uninit(); READ];
        while let Some((alarm, linger)) = &mut self.closing {
            // It is set anew when it rings, not at every read.
            while alarm.as_mut().poll(task).is_ready() {
                if Instant::now() >= linger.until() {
                    return Poll::Ready(Ok(()));
                }
                alarm.as_mut().reset(linger.until().into());
            }
            if self.is_flooded {
                // To read on is what a flood costs.
                return Poll::Pending;
            }
            let mut rest = ReadBuf::uninit(&mut rest);
            match ready!(self.poll_some(task, &mut rest)) {
                Ok(()) if !rest.filled().is_empty() => {}
                _ => break,
            }
            let count = rest.filled().len();
            if !self.closing.as_mut().is_some_and(|(_, linger)| linger.goes_on(count)) {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> {
    /// Writes the last words and closes; if that fails, the peer is gone.
    pub(super) async fn say_last(&mut self, mut bytes: &[u8]) {
        poll_fn(|task| {
            while !bytes.is_empty() {
                let count = ready!(Pin::new(&mut *self).poll_write(task, bytes))?;
                bytes = &bytes[count..];
            }
            Pin::new(&mut *self).poll_shutdown(task)
        })
        .await
        .unwrap_or_default();
    }
}

/// Runs what hyper wants to be run beside a connection: the streams of HTTP/2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tasks;

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        tokio::spawn(task);
    }
}
