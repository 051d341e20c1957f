//! How long to wait before connecting again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// Waits that double, each cut by a random part, so that clients that lost one server together do
/// not come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

/// How often it is tried to reach a server that has never been there. One that has been may be restarting, and is
/// tried for as long as there is time.
pub(super) const FIRST_TRIES: u32 = 3;

impl Default for Backoff {
    fn default() -> Self {
        Self { next: Self::FIRST }
    }
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_secs(2);

    /// The next wait: between half of its measure and the whole.
    pub(super) fn wait(&mut self) -> Duration {
        let measure = self.next;
        self.next = (measure * 2).min(Self::LONGEST);
        // Every `RandomState` has keys of its own.
        let random = RandomState::new().hash_one(0_u8) % 512;
        measure / 2 + measure * u32::try_from(random).unwrap_or(0) / 1024
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Duration};

    #[test]
    fn waits_grow_to_a_limit_and_differ() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..12).map(|_| backoff.wait()).collect();
        assert!(waits[0] >= Backoff::FIRST / 2 && waits[0] <= Backoff::FIRST);
        assert!(waits[11] >= Backoff::LONGEST / 2 && waits[11] <= Backoff::LONGEST);
        let sum = |_| -> Duration {
            let mut backoff = Backoff::default();
            (0..8).map(|_| backoff.wait()).sum()
        };
        let sums: std::collections::HashSet<_> = (0..8).map(sum).collect();
        assert!(sums.len() > 1);
    }
}
