//! Whom requests came from, remembered for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::registry::Known;
use crate::throttle::Bounded;

use super::key::Key;

/// Whom requests came from: so many at most, for so long.
pub(super) struct KnownCallers {
    most: usize,
    time: Duration,
    kept: Mutex<Bounded<Key, Kept>>,
}

struct Kept {
    known: Known,
    /// When it was found out.
    since: Instant,
}

impl KnownCallers {
    pub(super) fn new(most: usize, time: Duration) -> Self {
        Self { most, time, kept: Mutex::new(Bounded::new(most)) }
    }

    /// Who shows this, if that is still remembered; an identity is not remembered for longer than it holds.
    pub(super) fn get(&self, key: Key, now: Instant) -> Option<Known> {
        let mut kept = self.kept();
        let Kept { known, since } = kept.get(&key)?;
        if self.is_over(*since, now) || is_expired(known) {
            kept.remove(&key);
            return None;
        }
        Some(known.clone())
    }

    /// Remembers who shows this.
    pub(super) fn insert(&self, key: Key, known: Known, now: Instant) {
        if self.most == 0 || self.time.is_zero() {
            return;
        }
        let mut kept = self.kept();
        let is_over = |kept: &Kept| self.is_over(kept.since, now) || is_expired(&kept.known);
        let begin = || Kept { known: known.clone(), since: now };
        let entry = kept.entry(key, is_over, |kept| Some(kept.since), begin);
        *entry = Kept { known, since: now };
    }

    fn is_over(&self, since: Instant, now: Instant) -> bool {
        now.saturating_duration_since(since) >= self.time
    }

    fn kept(&self) -> MutexGuard<'_, Bounded<Key, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an identity holds no longer.
pub(super) fn is_expired(known: &Known) -> bool {
    known.identity().expires().is_some_and(|expires| expires <= SystemTime::now())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::super::key::{Key, Keys};
    use super::KnownCallers;
    use crate::registry::{Credentials, Identity, Known};

    const MINUTE: Duration = Duration::from_secs(60);

    fn key(keys: &Keys, number: usize) -> Key {
        keys.of(&Credentials::said(number.to_string()))
    }

    fn somebody() -> Known {
        Known::new(Identity::new("ada"))
    }

    #[test]
    fn nobody_is_remembered_for_longer_than_was_said() {
        let (callers, keys, now) = (KnownCallers::new(4, MINUTE), Keys::default(), Instant::now());
        callers.insert(key(&keys, 1), somebody(), now);
        let late = now + MINUTE;
        assert!(callers.get(key(&keys, 1), now + Duration::from_secs(59)).is_some());
        assert!(callers.get(key(&keys, 2), now).is_none());
        assert!(callers.get(key(&keys, 1), late).is_none());
        assert!(callers.get(key(&keys, 1), now).is_none(), "it is forgotten");
    }

    #[test]
    fn nobody_is_remembered_for_longer_than_they_are_who_they_are() {
        let (callers, keys, now) = (KnownCallers::new(4, MINUTE), Keys::default(), Instant::now());
        let past = SystemTime::now() - Duration::from_secs(1);
        callers.insert(key(&keys, 1), Known::new(Identity::new("ada").expires_at(past)), now);
        assert!(callers.get(key(&keys, 1), now).is_none());
    }

    #[test]
    fn of_too_many_the_oldest_is_forgotten() {
        let (callers, keys, now) = (KnownCallers::new(3, MINUTE), Keys::default(), Instant::now());
        for number in 0..1000 {
            let at = now + Duration::from_millis(u64::try_from(number).unwrap());
            callers.insert(key(&keys, number), somebody(), at);
            assert!(callers.kept().len() <= 3);
        }
        let at = now + Duration::from_secs(1);
        let found = (0..1000).filter(|number| callers.get(key(&keys, *number), at).is_some());
        assert_eq!(found.collect::<Vec<_>>(), [997, 998, 999]);
    }

    #[test]
    fn where_nobody_is_to_be_remembered_nobody_is() {
        let (keys, now) = (Keys::default(), Instant::now());
        for callers in [KnownCallers::new(0, MINUTE), KnownCallers::new(4, Duration::ZERO)] {
            callers.insert(key(&keys, 1), somebody(), now);
            assert!(callers.get(key(&keys, 1), now).is_none());
        }
    }
}
