//! How much of a stream may be on its way: what its reader grants, and what has come of that.

use super::Credit;

/// What the reader of a stream has taken and granted, since the stream began.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    window: Credit,
    taken: Credit,
    granted: Credit,
}

impl Grants {
    /// Begins with a whole window.
    pub(crate) fn new(window: Credit) -> Self {
        Self { window, taken: Credit::default(), granted: window }
    }

    /// Takes note that the reader has taken an item of so many bytes. What is to be granted now: as soon as
    /// half of the window is used up, a whole one beyond what was taken.
    pub(crate) fn take(&mut self, bytes: u64) -> Option<Credit> {
        let Self { window, taken, granted } = self;
        taken.items += 1;
        taken.bytes = taken.bytes.saturating_add(bytes);
        let is_half_used =
            |window: u64, taken: u64, granted: u64| granted.saturating_sub(taken) <= window / 2;
        if !is_half_used(window.items, taken.items, granted.items)
            && !is_half_used(window.bytes, taken.bytes, granted.bytes)
        {
            return None;
        }
        *granted = Credit {
            items: taken.items.saturating_add(window.items),
            bytes: taken.bytes.saturating_add(window.bytes),
        };
        Some(*granted)
    }
}

/// What has come of a stream, and may come.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) received: Credit,
    granted: Credit,
}

impl Account {
    pub(crate) fn new(granted: Credit) -> Self {
        Self { received: Credit::default(), granted }
    }

    /// Lets so much come in all.
    pub(crate) fn grant(&mut self, granted: Credit) {
        self.granted = granted;
    }

    /// Takes note of items that have come, of so many bytes, the last of them of `last`; `false` where they
    /// may not have. The last may be of any size where a byte was left before it.
    pub(crate) fn receive(&mut self, count: u64, bytes: u64, last: u64) -> bool {
        let Self { received, granted } = self;
        let before_last = received.bytes + (bytes - last);
        received.items += count;
        received.bytes += bytes;
        received.items <= granted.items && before_last < granted.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Credit, Grants};

    /// Numbers that are the same each time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }
    }

    /// A server that sends as it may and a reader that takes as it likes, in any order.
    fn run(seed: u64) {
        let mut numbers = Numbers(seed);
        let window = Credit { items: 1 + numbers.below(20), bytes: 1 + numbers.below(200) };
        let largest = 1 + numbers.below(300);
        let (mut grants, mut account) = (Grants::new(window), Account::new(window));
        // What the server knows, which is what has been granted some time before.
        let (mut known, mut sent, mut taken) = (window, Credit::default(), Credit::default());
        let mut on_its_way = std::collections::VecDeque::new();
        let mut waiting = std::collections::VecDeque::new();
        for _ in 0..1000 {
            match numbers.below(3) {
                0 if sent.items < known.items && sent.bytes < known.bytes => {
                    let bytes = 1 + numbers.below(largest);
                    (sent.items, sent.bytes) = (sent.items + 1, sent.bytes + bytes);
                    assert!(account.receive(1, bytes, bytes), "{account:?} {bytes}");
                    waiting.push_back(bytes);
                }
                1 => known = on_its_way.pop_front().unwrap_or(known),
                _ => {
                    let Some(bytes) = waiting.pop_front() else {
                        let all_are_known = on_its_way.is_empty();
                        let may_send = sent.items < known.items && sent.bytes < known.bytes;
                        assert!(may_send || !all_are_known, "nobody can go on: {grants:?}");
                        continue;
                    };
                    (taken.items, taken.bytes) = (taken.items + 1, taken.bytes + bytes);
                    if let Some(granted) = grants.take(bytes) {
                        assert_eq!(granted.items, taken.items + window.items);
                        assert_eq!(granted.bytes, taken.bytes + window.bytes);
                        account.grant(granted);
                        on_its_way.push_back(granted);
                    }
                }
            }
            assert!(sent.items - taken.items <= window.items);
            assert!(sent.bytes - taken.bytes < window.bytes + largest);
        }
    }

    #[test]
    fn nobody_waits_for_ever_and_no_more_is_on_its_way_than_a_window_and_an_item() {
        (1..2000).for_each(run);
    }

    #[test]
    fn what_comes_beyond_the_credit_is_known() {
        let account = || Account::new(Credit { items: 2, bytes: 10 });
        assert!(account().receive(2, 1000, 991));
        assert!(!account().receive(2, 1000, 990));
        assert!(!account().receive(3, 3, 1));
        let mut account = account();
        assert!(account.receive(1, 10, 10));
        assert!(!account.receive(1, 1, 1));
    }
}
