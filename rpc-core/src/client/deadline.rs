//! When a call is given up.

use std::time::{Duration, Instant};

/// A moment, and how long it was to it when the call was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    /// `limit` from `now`; `None` where that is beyond what a clock can tell.
    pub(super) fn after(now: Instant, limit: Duration) -> Option<Self> {
        let at = now.checked_add(limit)?;
        Some(Self { at, limit })
    }

    /// That of a call which ends at `at`, if there is an end to it, and which was given `limit`.
    #[cfg(feature = "tokio")]
    pub(super) fn of(at: Option<Instant>, limit: Option<Duration>) -> Option<Self> {
        Some(Self { at: at?, limit: limit? })
    }

    /// The earlier of two.
    pub(super) fn first(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if one.at < other.at => Some(one),
            (one, other) => other.or(one),
        }
    }

    #[cfg(feature = "tokio")]
    pub(super) fn at(self) -> Instant {
        self.at
    }

    #[cfg(feature = "tokio")]
    pub(super) fn is_before(self, other: Self) -> bool {
        self.at < other.at
    }

    /// When the call was made.
    pub(super) fn begun(self) -> Instant {
        self.at.checked_sub(self.limit).unwrap_or(self.at)
    }

    /// How long a call may take.
    pub(super) fn limit(self) -> Duration {
        self.limit
    }

    /// How long it still is; zero once it has passed.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(super) fn has_passed(self) -> bool {
        self.left().is_zero()
    }
}
