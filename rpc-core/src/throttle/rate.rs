//! How often something may be done.

use std::fmt;
use std::time::Duration;

/// How often a caller may call: so many times in a second or a minute, and so many at once.
///
/// A caller who has been silent may make `burst` calls one after another; then a call becomes free as often as the rate says (a
/// token bucket). Without [`burst`](Self::burst) that is as many calls as the second or minute has.
///
/// ```
/// use rpc_core::server::Rate;
///
/// assert_eq!(Rate::per_second(100).burst(200).to_string(), "100 a second, 200 at once");
/// assert_eq!(Rate::per_minute(1).to_string(), "1 a minute, 1 at once");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    unit: Unit,
    burst: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
}

impl Rate {
    /// So many calls a second; 0 is as many as they like.
    #[must_use]
    pub const fn per_second(count: u32) -> Self {
        Self { count, unit: Unit::Second, burst: count }
    }

    /// So many calls a minute; 0 is as many as they like.
    #[must_use]
    pub const fn per_minute(count: u32) -> Self {
        Self { count, unit: Unit::Minute, burst: count }
    }

    /// Lets so many calls be made at once by a caller who has been silent for long enough: at least 1.
    #[must_use]
    pub const fn burst(self, calls: u32) -> Self {
        let burst = if calls == 0 { 1 } else { calls };
        Self { burst, ..self }
    }

    /// The time between two calls of somebody who calls as often as they may; `None` where nothing is limited.
    pub(super) fn interval(self) -> Option<Duration> {
        let unit = match self.unit {
            Unit::Second => Duration::from_secs(1),
            Unit::Minute => Duration::from_secs(60),
        };
        unit.checked_div(self.count)
    }

    /// What a burst takes to become free again.
    pub(super) fn burst_time(self, interval: Duration) -> Duration {
        interval.saturating_mul(self.burst)
    }

    /// Whether it limits anything.
    pub(crate) fn is_limit(self) -> bool {
        self.count > 0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => "second",
            Unit::Minute => "minute",
        };
        write!(f, "{} a {unit}, {} at once", self.count, self.burst)
    }
}
