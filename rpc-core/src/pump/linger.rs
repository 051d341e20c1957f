//! How long a connection that is closed is read from: bytes that a peer has sent and nobody has read would make the
//! operating system throw the last words away.

use std::time::{Duration, Instant};

/// What is left of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linger {
    patience: Duration,
    until: Instant,
    latest: Instant,
    bytes: usize,
}

impl Linger {
    /// Begins now: until the peer has sent nothing for this long. One that goes on sending has ten times as
    /// long, and may send more than a message has by default; it is no peer that would read.
    pub(crate) fn begin(patience: Duration) -> Self {
        const MOST: usize = 16 * 1024 * 1024;
        let now = Instant::now();
        Self { patience, until: now + patience, latest: now + patience * 10, bytes: MOST }
    }

    /// When it is over.
    pub(crate) fn until(&self) -> Instant {
        self.until
    }

    /// Takes note of bytes that have come, and says whether more are read.
    pub(crate) fn goes_on(&mut self, count: usize) -> bool {
        self.bytes = self.bytes.saturating_sub(count);
        self.until = self.latest.min(Instant::now() + self.patience);
        self.bytes > 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Linger};

    #[test]
    fn it_ends_however_much_comes() {
        let patience = Duration::from_secs(100);
        let mut linger = Linger::begin(patience);
        let first = linger.until();
        assert!(linger.goes_on(1 << 20));
        assert!(linger.until() >= first && linger.until() <= linger.latest);
        let rounds = (0..100).take_while(|_| linger.goes_on(1 << 20)).count();
        assert!(rounds < 20, "{rounds}");
        linger.latest = first;
        linger.goes_on(1);
        assert_eq!(linger.until(), first);
    }
}
