//! A stream that only blocks, for an event loop: two threads carry the bytes.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::pump::is_timeout;
use crate::transport::{AnyStream, MemoryStream, Stream};

/// A stream that only blocks, as one that can be polled.
pub(super) struct Bridge {
    /// What an event loop reads from and writes to.
    pub(super) near: MemoryStream,
    pub(super) ends: Ends,
}

/// What is to be ended with a bridge.
pub(super) struct Ends {
    stream: Arc<AnyStream>,
    writer: JoinHandle<()>,
    broken: Arc<Broken>,
}

/// How the stream broke first, where it did.
type Broken = Mutex<Option<io::Error>>;

impl Bridge {
    /// Starts the threads. The peer has the `patience` to take something of what is written.
    pub(super) fn over(stream: Arc<AnyStream>, patience: Duration) -> io::Result<Self> {
        stream.set_read_timeout(None)?;
        let (near, far) = MemoryStream::pair();
        let far = Arc::new(far);
        let broken = Arc::new(Broken::default());
        let (from, to, breaks) = (Arc::clone(&stream), Arc::clone(&far), Arc::clone(&broken));
        thread::Builder::new().name("rpc reading".to_owned()).spawn(move || {
            if let Err(error) = carry(&*from, &*to, Duration::MAX) {
                note(&breaks, error);
            }
            let _ = to.shutdown(Shutdown::Write);
        })?;
        let (from, to, breaks) = (far, Arc::clone(&stream), Arc::clone(&broken));
        let writer = thread::Builder::new().name("rpc writing".to_owned()).spawn(move || {
            match carry(&*from, &*to, patience) {
                Ok(()) => _ = to.shutdown(Shutdown::Write),
                // Whoever writes more is to know.
                Err(error) => {
                    note(&breaks, error);
                    let _ = from.shutdown(Shutdown::Read);
                }
            }
        })?;
        Ok(Self { near, ends: Ends { stream, writer, broken } })
    }
}

impl Ends {
    /// Waits until what was written has been taken, once the near end is gone, and ends the stream.
    ///
    /// # Errors
    ///
    /// How the stream broke, where it did.
    pub(super) fn end(self) -> io::Result<()> {
        let _ = self.writer.join();
        let _ = self.stream.shutdown(Shutdown::Both);
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner).take();
        broken.map_or(Ok(()), Err)
    }
}

/// Takes note that the stream has broken.
fn note(broken: &Broken, error: io::Error) {
    broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
}

/// Carries bytes from one to the other until the former ends, or the latter has taken nothing for as
/// long as the `patience`.
fn carry(from: &impl Stream, to: &impl Stream, patience: Duration) -> io::Result<()> {
    let mut room = [0; 16 * 1024];
    loop {
        let count = match from.read(&mut room) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let Some(mut bytes) = room.get(..count) else {
            return Err(ErrorKind::InvalidData.into());
        };
        let mut since = None;
        while !bytes.is_empty() {
            match to.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    since = None;
                    bytes = bytes.get(count..).ok_or(ErrorKind::InvalidData)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    if since.get_or_insert_with(Instant::now).elapsed() >= patience {
                        return Err(error);
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(error),
            }
        }
    }
}
