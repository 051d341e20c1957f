//! A token bucket, kept as the time at which it will be full.

use std::time::{Duration, Instant};

use super::rate::Rate;

/// What somebody has used of a rate: each call puts the time off at which all of it will be there again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    pub(crate) fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// How long somebody has to wait for one more call; `None` where they may make it now.
    pub(crate) fn wait(&self, rate: Rate, now: Instant) -> Option<Duration> {
        let interval = rate.interval()?;
        let ahead = self.full_at.saturating_duration_since(now).saturating_add(interval);
        let wait = ahead.saturating_sub(rate.burst_time(interval));
        (!wait.is_zero()).then_some(wait)
    }

    /// Takes one call, which there must be.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) {
        if let Some(interval) = rate.interval() {
            self.full_at = self.full_at.max(now) + interval;
        }
    }

    /// When all will be there again: the later, the more has been used.
    pub(crate) fn full_at(&self) -> Instant {
        self.full_at
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Bucket, Rate};

    /// How many calls are made at once.
    fn take_all(bucket: &mut Bucket, rate: Rate, now: Instant) -> u32 {
        let mut count = 0;
        while bucket.wait(rate, now).is_none() && count < 1000 {
            bucket.take(rate, now);
            count += 1;
        }
        count
    }

    #[test]
    fn a_burst_comes_at_once_and_then_a_call_at_a_time() {
        let (rate, now) = (Rate::per_second(10).burst(3), Instant::now());
        let mut bucket = Bucket::full(now);
        assert_eq!(take_all(&mut bucket, rate, now), 3);
        assert_eq!(bucket.wait(rate, now), Some(Duration::from_millis(100)));
        let later = now + Duration::from_millis(60);
        assert_eq!(bucket.wait(rate, later), Some(Duration::from_millis(40)));
        assert_eq!(take_all(&mut bucket, rate, now + Duration::from_millis(100)), 1);
        assert_eq!(take_all(&mut bucket, rate, now + Duration::from_millis(350)), 2);
        assert_eq!(take_all(&mut bucket, rate, now + Duration::from_secs(60)), 3);
    }

    #[test]
    fn a_rate_of_none_is_no_limit_and_a_burst_has_at_least_one() {
        let now = Instant::now();
        assert_eq!(take_all(&mut Bucket::full(now), Rate::per_second(0), now), 1000);
        assert_eq!(take_all(&mut Bucket::full(now), Rate::per_minute(5).burst(0), now), 1);
        assert_eq!(take_all(&mut Bucket::full(now), Rate::per_minute(5), now), 5);
        assert_eq!(take_all(&mut Bucket::full(now), Rate::per_second(u32::MAX), now), 1000);
    }
}
