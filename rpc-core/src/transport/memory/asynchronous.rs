//! A stream within one process, for tasks, which do not block.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::Stream;
use super::{CAPACITY, Flow, MemoryStream, Pipe, lock};

impl Pipe {
    /// Has a task woken when the flow changes, unless it is as `ready` wants it.
    fn poll(&self, task: &Context<'_>, ready: impl Fn(&Flow) -> bool) -> Poll<()> {
        let mut flow = lock(&self.flow);
        if ready(&flow) {
            return Poll::Ready(());
        }
        if !flow.tasks.iter().any(|waiting| waiting.will_wake(task.waker())) {
            flow.tasks.push(task.waker().clone());
        }
        Poll::Pending
    }
}

impl MemoryStream {
    pub(crate) fn poll_readable(&self, task: &Context<'_>) -> Poll<()> {
        self.incoming.poll(task, |flow| flow.is_ended || !flow.bytes.is_empty())
    }

    fn poll_writable(&self, task: &Context<'_>) -> Poll<()> {
        self.outgoing.poll(task, |flow| flow.is_ended || flow.bytes.len() < CAPACITY)
    }

    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut flow = lock(&self.incoming.flow);
        if flow.bytes.is_empty() && !flow.is_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = io::Read::read(&mut flow.bytes, buffer)?;
        self.incoming.has_changed(flow);
        Ok(count)
    }

    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut flow = lock(&self.outgoing.flow);
        if flow.is_ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(CAPACITY.saturating_sub(flow.bytes.len()));
        if count == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        flow.bytes.extend(&bytes[..count]);
        self.outgoing.has_changed(flow);
        Ok(count)
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_readable(task));
        let count = self.try_read(buffer.initialize_unfilled())?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_writable(task));
        Poll::Ready(self.try_write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown(Shutdown::Write))
    }
}
