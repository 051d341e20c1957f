//! Writing everything within a limit, over a stream that blocks.

use std::io::{self, ErrorKind};
use std::thread;
use std::time::{Duration, Instant};

use crate::transport::Stream;

/// How soon is tried again what a socket did not wait for.
pub(super) const AGAIN: Duration = Duration::from_millis(1);

/// How long one write waits, of several that take `limit` together: so that little is added to it by
/// the first, before which no clock is looked at.
pub(crate) fn write_wait(limit: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_secs(1);
    (limit / 4).clamp(AGAIN, LONGEST)
}

/// Writes all of `bytes` within `limit`, over a stream whose writes wait for a part of that.
#[inline]
pub(crate) fn write_all<S: Stream>(stream: &S, bytes: &[u8], limit: Duration) -> io::Result<()> {
    // One write nearly always takes everything, and then no clock is looked at.
    match stream.write(bytes) {
        Ok(count) if count == bytes.len() => Ok(()),
        first => write_rest(stream, bytes, first, limit),
    }
}

#[cold]
fn write_rest<S: Stream>(
    stream: &S,
    mut bytes: &[u8],
    mut written: io::Result<usize>,
    limit: Duration,
) -> io::Result<()> {
    let left = limit.saturating_sub(write_wait(limit));
    let deadline = Instant::now().checked_add(left);
    loop {
        match written {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).ok_or(ErrorKind::InvalidData)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => thread::sleep(AGAIN),
            Err(error) => return Err(error),
        }
        if bytes.is_empty() {
            return Ok(());
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(ErrorKind::TimedOut.into());
        }
        written = stream.write(bytes);
    }
}

/// Whether a read or write ended because its time was up.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
