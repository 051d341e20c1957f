//! A reader and a writer as one stream.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Stream;

/// A reader and a writer as one [`Stream`]: the pipes of a child process, say, or a file to read from
/// and one to write to.
///
/// Each write is flushed. Neither side has timeouts, because `Read` and `Write` know none: whoever
/// reads waits until something comes or the other side ends. Shutting either side down closes the
/// writer, and has the reader say that nothing comes any more, from the next read on; one that waits is
/// not woken.
///
/// ```
/// use std::io::Cursor;
///
/// use rpc_core::transport::Duplex;
/// use rpc_core::{FunctionRegistry, RpcServer};
///
/// let mut registry = FunctionRegistry::new();
/// registry.register("double", |n: i64| 2 * n)?;
///
/// let calls = Cursor::new(r#"{"method_name":"double","method_args":[21]}"#);
/// RpcServer::of(registry).serve_stream(Duplex::new(calls, std::io::stdout()))?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
pub struct Duplex<R, W> {
    reader: Mutex<R>,
    writer: Mutex<Option<W>>,
    is_ended: AtomicBool,
}

impl<R: Read + Send + 'static, W: Write + Send + 'static> Duplex<R, W> {
    /// Reads from one and writes to the other.
    pub fn new(reader: R, writer: W) -> Self {
        Self {
            reader: Mutex::new(reader),
            writer: Mutex::new(Some(writer)),
            is_ended: AtomicBool::new(false),
        }
    }
}

impl<R, W> fmt::Debug for Duplex<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplex").field("is_ended", &self.is_ended).finish_non_exhaustive()
    }
}

impl<R: Read + Send + 'static, W: Write + Send + 'static> Stream for Duplex<R, W> {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whoever has had the last word need not wait for the other side to end.
        if self.is_ended() {
            return Ok(0);
        }
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = writer.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        let count = writer.write(bytes)?;
        writer.flush()?;
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
        // Whoever writes now is not waited for; what it writes to goes with this stream.
        if let Ok(mut writer) = self.writer.try_lock() {
            *writer = None;
        }
        Ok(())
    }

    fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Relaxed)
    }
}
