//! From where wrong credentials came: too many of them, and others from there wait.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::throttle::{Bounded, network};

/// As many addresses are remembered.
const MOST: usize = 1024;

/// How often credentials from an address were wrong.
pub(super) struct FailedLogins {
    /// As often they may be within the time; 0 is as often as they like.
    pub(super) limit: u32,
    time: Duration,
    failed: Mutex<Bounded<IpAddr, Failed>>,
}

struct Failed {
    count: u32,
    since: Instant,
}

impl FailedLogins {
    pub(super) fn new(limit: u32, time: Duration) -> Self {
        Self { limit, time, failed: Mutex::new(Bounded::new(MOST)) }
    }

    /// How many more credentials of an address may be wrong; the error is how long it has to wait before others of its are
    /// looked at.
    pub(super) fn left(&self, address: Option<IpAddr>, now: Instant) -> Result<u32, Duration> {
        let Some(address) = address.filter(|_| self.limit > 0).map(network) else {
            return Ok(u32::MAX);
        };
        let failed = self.failed();
        let Some(Failed { count, since }) = failed.get(&address) else {
            return Ok(self.limit);
        };
        let wait = self.time.saturating_sub(now.saturating_duration_since(*since));
        match self.limit.saturating_sub(*count) {
            _ if wait.is_zero() => Ok(self.limit),
            0 => Err(wait),
            left => Ok(left),
        }
    }

    /// Takes note that credentials from this address were wrong.
    pub(super) fn note(&self, address: Option<IpAddr>, now: Instant) {
        let Some(address) = address.filter(|_| self.limit > 0).map(network) else {
            return;
        };
        let mut failed = self.failed();
        let is_over = |failed: &Failed| now.saturating_duration_since(failed.since) >= self.time;
        // Those that failed seldom go first: whoever has many addresses frees none that must wait.
        let rank = |failed: &Failed| Some((failed.count, failed.since));
        let begin = || Failed { count: 0, since: now };
        let entry = failed.entry(address, is_over, rank, begin);
        if is_over(entry) {
            *entry = begin();
        }
        entry.count = entry.count.saturating_add(1);
    }

    fn failed(&self) -> MutexGuard<'_, Bounded<IpAddr, Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    use super::{FailedLogins, MOST};

    const MINUTE: Duration = Duration::from_secs(60);

    #[expect(clippy::unnecessary_wraps, reason = "as callers are known, who may have no address")]
    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    impl FailedLogins {
        fn wait(&self, address: Option<IpAddr>, now: Instant) -> Option<Duration> {
            self.left(address, now).err()
        }
    }

    #[test]
    fn an_address_waits_for_what_is_left_of_the_time_and_others_do_not() {
        let (logins, now) = (FailedLogins::new(3, MINUTE), Instant::now());
        let (bad, good) = (address("10.0.0.1"), address("10.0.0.2"));
        for second in 0..3 {
            let at = now + Duration::from_secs(second);
            assert_eq!(logins.wait(bad, at), None);
            logins.note(bad, at);
        }
        let at = now + Duration::from_secs(20);
        assert_eq!(logins.wait(bad, at), Some(Duration::from_secs(40)));
        assert_eq!(logins.wait(good, at), None);
        assert_eq!(logins.wait(None, at), None);
        assert_eq!(logins.wait(bad, now + MINUTE), None);
        logins.note(bad, now + MINUTE);
        assert_eq!(logins.wait(bad, now + MINUTE), None, "it begins anew");
    }

    #[test]
    fn the_addresses_of_a_network_of_ipv6_are_one() {
        let (logins, now) = (FailedLogins::new(1, MINUTE), Instant::now());
        logins.note(address("2001:db8::1"), now);
        assert!(logins.wait(address("2001:db8::ffff:1"), now).is_some());
        assert!(logins.wait(address("2001:db8:0:1::1"), now).is_none());
        logins.note(address("::ffff:10.0.0.1"), now);
        assert!(logins.wait(address("10.0.0.1"), now).is_some());
        assert!(logins.wait(address("::ffff:10.0.0.2"), now).is_none());
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_free_none_that_waits() {
        let (logins, now) = (FailedLogins::new(2, MINUTE), Instant::now());
        let bad = address("10.0.0.1");
        logins.note(bad, now);
        logins.note(bad, now);
        for number in 0..3 * u32::try_from(MOST).unwrap() {
            logins.note(Some(IpAddr::V4((0x0b00_0000 + number).into())), now);
            assert!(logins.failed().len() <= MOST);
        }
        assert!(logins.wait(bad, now).is_some());
    }

    #[test]
    fn it_can_be_switched_off() {
        let (logins, now) = (FailedLogins::new(0, MINUTE), Instant::now());
        logins.note(address("10.0.0.1"), now);
        assert_eq!(logins.wait(address("10.0.0.1"), now), None);
    }
}
