//! Standard input and output as a stream.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Stream;

/// Reads standard input and writes to an output. Neither has timeouts.
#[derive(Debug)]
pub(crate) struct StandardStream<O> {
    output: O,
    is_ended: AtomicBool,
}

impl<O> StandardStream<O> {
    /// Writes to `output`.
    pub(crate) fn new(output: O) -> Self {
        Self { output, is_ended: AtomicBool::new(false) }
    }
}

impl<O: Send + Sync + 'static> Stream for StandardStream<O>
where
    for<'o> &'o O: Write,
{
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whoever has had the last word need not wait for the other side to end its input.
        if self.is_ended.load(Ordering::Relaxed) {
            return Ok(0);
        }
        io::stdin().read(buffer)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let count = (&self.output).write(bytes)?;
        (&self.output).flush()?;
        Ok(count)
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        self.is_ended.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        !self.is_ended()
    }

    fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Relaxed)
    }

    fn peer(&self) -> Option<SocketAddr> {
        None
    }
}
