//! A table of so many entries: where it is full, those are forgotten that matter least.

use std::collections::HashMap;
use std::hash::Hash;

/// Of those that are in a full table this part is forgotten at once, so that not every newcomer has all of them looked at.
const PART: usize = 16;

/// Remembers something of so many.
#[derive(Debug)]
pub(crate) struct Bounded<K, V> {
    most: usize,
    kept: HashMap<K, V>,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: HashMap::new() }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.kept.get(key)
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.kept.remove(key);
    }

    /// The entry of a key, `new` if there is none. Where that has no room, the entries that are `over` are forgotten, and
    /// then those of the lowest `rank`; what has none is never forgotten.
    pub(crate) fn entry<R: Ord>(
        &mut self,
        key: K,
        is_over: impl Fn(&V) -> bool,
        rank: impl Fn(&V) -> Option<R>,
        new: impl FnOnce() -> V,
    ) -> &mut V {
        if self.kept.len() >= self.most && !self.kept.contains_key(&key) {
            self.kept.retain(|_, value| !is_over(value));
            if self.kept.len() >= self.most {
                self.forget_some(rank);
            }
        }
        self.kept.entry(key).or_insert_with(new)
    }

    #[cold]
    fn forget_some<R: Ord>(&mut self, rank: impl Fn(&V) -> Option<R>) {
        let ranked = self.kept.iter().filter_map(|(key, value)| Some((rank(value)?, key.clone())));
        let mut ranked: Vec<_> = ranked.collect();
        let count = (self.most / PART).max(1);
        if count < ranked.len() {
            ranked.select_nth_unstable_by(count, |one, other| one.0.cmp(&other.0));
            ranked.truncate(count);
        }
        for (_, key) in ranked {
            self.kept.remove(&key);
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    /// Notes a number under a key; 0 is over, and negative numbers are not to be forgotten.
    fn note(table: &mut Bounded<u32, i64>, key: u32, number: i64) {
        let rank = |number: &i64| (*number > 0).then_some(*number);
        *table.entry(key, |number| *number == 0, rank, || 0) = number;
    }

    #[test]
    fn those_that_are_over_go_first_and_then_those_of_the_lowest_rank() {
        let mut table = Bounded::new(3);
        for (key, number) in [(1, 5), (2, 0), (3, 7), (4, 6)] {
            note(&mut table, key, number);
        }
        assert_eq!(
            [1, 2, 3, 4].map(|key| table.get(&key).copied()),
            [Some(5), None, Some(7), Some(6)]
        );
        note(&mut table, 5, 8);
        assert_eq!(
            [1, 3, 4, 5].map(|key| table.get(&key).copied()),
            [None, Some(7), Some(6), Some(8)]
        );
        // Who is there already takes no room.
        note(&mut table, 3, 1);
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn a_part_is_forgotten_at_once_and_never_more() {
        let mut table = Bounded::new(160);
        for key in 0..161 {
            note(&mut table, key, 1);
        }
        assert_eq!(table.len(), 151);
        for key in 0..10_000 {
            note(&mut table, key, 1);
            assert!(table.len() <= 160);
        }
    }

    #[test]
    fn what_has_no_rank_stays() {
        let mut table = Bounded::new(3);
        for key in 0..10 {
            note(&mut table, key, -1);
        }
        note(&mut table, 10, 1);
        assert_eq!(table.len(), 11);
        note(&mut table, 11, 1);
        assert_eq!(table.get(&10), None);
        assert!((0..10).all(|key| table.get(&key) == Some(&-1)));
    }
}
