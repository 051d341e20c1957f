//! A stream within one process.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "tokio")]
use std::task::Waker;
use std::time::{Duration, Instant};

use super::Stream;

#[cfg(feature = "tokio")]
mod asynchronous;

/// One end of a stream within one process. With the feature `tokio` it is tokio's `AsyncRead` and
/// `AsyncWrite`, too.
#[derive(Debug)]
pub struct MemoryStream {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
    read_timeout: Mutex<Option<Duration>>,
    write_timeout: Mutex<Option<Duration>>,
}

/// Bytes on their way in one direction.
#[derive(Debug, Default)]
struct Pipe {
    flow: Mutex<Flow>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Flow {
    bytes: VecDeque<u8>,
    is_ended: bool,
    /// Tasks that wait for it to change.
    #[cfg(feature = "tokio")]
    tasks: Vec<Waker>,
}

/// Bytes on their way before a writer waits.
const CAPACITY: usize = 64 * 1024;

impl MemoryStream {
    /// Makes both ends: what is written to one is read from the other.
    ///
    /// ```
    /// use rpc_core::transport::{MemoryStream, Stream};
    ///
    /// let (here, there) = MemoryStream::pair();
    /// here.write(b"hello")?;
    /// let mut buffer = [0; 16];
    /// assert_eq!(there.read(&mut buffer)?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn pair() -> (Self, Self) {
        let (there, back) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
        let end = |incoming: &Arc<Pipe>, outgoing: &Arc<Pipe>| Self {
            incoming: Arc::clone(incoming),
            outgoing: Arc::clone(outgoing),
            read_timeout: Mutex::default(),
            write_timeout: Mutex::default(),
        };
        (end(&back, &there), end(&there, &back))
    }
}

impl Pipe {
    fn end(&self) {
        let mut flow = lock(&self.flow);
        flow.is_ended = true;
        self.has_changed(flow);
    }

    /// Wakes whoever waits for a change.
    #[allow(unused_mut)] // There are no tasks without tokio.
    fn has_changed(&self, mut flow: MutexGuard<'_, Flow>) {
        #[cfg(feature = "tokio")]
        let tasks = std::mem::take(&mut flow.tasks);
        drop(flow);
        self.changed.notify_all();
        #[cfg(feature = "tokio")]
        tasks.into_iter().for_each(Waker::wake);
    }

    /// Waits until the flow is as `ready` wants it.
    fn wait(
        &self,
        timeout: Option<Duration>,
        ready: impl Fn(&Flow) -> bool,
    ) -> io::Result<MutexGuard<'_, Flow>> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut flow = lock(&self.flow);
        while !ready(&flow) {
            flow = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
            {
                Some(left) if left.is_zero() => return Err(ErrorKind::TimedOut.into()),
                Some(left) => {
                    self.changed.wait_timeout(flow, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(flow).unwrap_or_else(PoisonError::into_inner),
            };
        }
        Ok(flow)
    }
}

impl Stream for MemoryStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let timeout = *lock(&self.read_timeout);
        let mut flow =
            self.incoming.wait(timeout, |flow| flow.is_ended || !flow.bytes.is_empty())?;
        let count = io::Read::read(&mut flow.bytes, buffer)?;
        self.incoming.has_changed(flow);
        Ok(count)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let timeout = *lock(&self.write_timeout);
        let has_space = |flow: &Flow| flow.is_ended || flow.bytes.len() < CAPACITY;
        let mut flow = self.outgoing.wait(timeout, has_space)?;
        if flow.is_ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(CAPACITY - flow.bytes.len());
        flow.bytes.extend(&bytes[..count]);
        self.outgoing.has_changed(flow);
        Ok(count)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        *lock(&self.read_timeout) = timeout;
        Ok(())
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        *lock(&self.write_timeout) = timeout;
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how != Shutdown::Write {
            self.incoming.end();
        }
        if how != Shutdown::Read {
            self.outgoing.end();
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        let flow = lock(&self.incoming.flow);
        !flow.is_ended && flow.bytes.is_empty()
    }

    fn is_ended(&self) -> bool {
        let flow = lock(&self.incoming.flow);
        flow.is_ended && flow.bytes.is_empty()
    }
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        self.incoming.end();
        self.outgoing.end();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
