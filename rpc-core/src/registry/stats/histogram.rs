//! How long calls took, in buckets that can be added up: eight to each doubling.
//!
//! What is read from it differs from the truth by half a bucket at most: 6.25 %, and 8 ns below 128 ns.

/// How many buckets there are. The last one takes whatever is longer than a minute.
pub(super) const BUCKETS: usize = 240;

/// Each doubling has so many buckets, as a power of two.
const PARTS: u32 = 3;
/// The least that is told apart, in nanoseconds, as a power of two.
const UNIT: u32 = 4;

/// The bucket of a time in nanoseconds.
pub(super) fn bucket(nanoseconds: u64) -> usize {
    let units = nanoseconds >> UNIT;
    let doublings = units.checked_ilog2().unwrap_or(0).saturating_sub(PARTS);
    let is_linear = units < 1 << PARTS;
    let part = if is_linear { units } else { (units >> doublings) & ((1 << PARTS) - 1) };
    let row = if is_linear { 0 } else { u64::from(doublings) + 1 };
    usize::try_from((row << PARTS) + part).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The middle of a bucket, in nanoseconds.
fn middle(bucket: usize) -> u64 {
    let (row, part) = (bucket >> PARTS, (bucket & ((1 << PARTS) - 1)) as u64);
    let (first, width) = match row {
        0 => (part, 1),
        row => (((1 << PARTS) + part) << (row - 1), 1_u64 << (row - 1)),
    };
    (first << UNIT) + (width << UNIT) / 2
}

/// The time, in nanoseconds, that so much of a thousand took no longer than; 0 where nothing was timed.
pub(super) fn quantile(counts: &[u64], of_a_thousand: u64) -> u64 {
    let all: u64 = counts.iter().sum();
    let mut rank = (u128::from(all) * u128::from(of_a_thousand)).div_ceil(1000).max(1);
    for (bucket, count) in counts.iter().enumerate() {
        match rank.checked_sub(u128::from(*count)) {
            Some(0) | None if *count > 0 => return middle(bucket),
            Some(left) => rank = left,
            None => {}
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_one_another_and_are_an_eighth_wide() {
        let mut last = 0;
        let times = std::iter::successors(Some(0_u64), |time| Some(time + time / 64 + 1));
        for time in times.take_while(|time| *time < 70_000_000_000) {
            let now = bucket(time);
            assert!(now == last || now == last + 1, "{time} is in {now}, after {last}");
            last = now;
            if now < BUCKETS - 1 {
                let error = middle(now).abs_diff(time);
                assert!(error <= 8 || error * 16 <= time, "{time} is taken for {}", middle(now));
            }
        }
        assert_eq!(last, BUCKETS - 1);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_what_was_counted() {
        let mut counts = vec![0; BUCKETS];
        assert_eq!(quantile(&counts, 500), 0);
        for time in 1..=1000_u64 {
            counts[bucket(time * 1000)] += 1;
        }
        for (of_a_thousand, truth) in [(1, 1000), (500, 500_000), (990, 990_000), (1000, 1_000_000)]
        {
            let found = quantile(&counts, of_a_thousand);
            assert!(found.abs_diff(truth) * 16 <= truth, "{found} for {truth}");
        }
    }

    #[test]
    fn histograms_that_are_added_up_are_that_of_both() {
        let (mut one, mut other) = (vec![0; BUCKETS], vec![0; BUCKETS]);
        one[bucket(1000)] = 99;
        other[bucket(1_000_000)] = 1;
        let both: Vec<u64> = one.iter().zip(&other).map(|(a, b)| a + b).collect();
        assert_eq!(quantile(&both, 990), middle(bucket(1000)));
        assert_eq!(quantile(&both, 999), middle(bucket(1_000_000)));
    }
}
