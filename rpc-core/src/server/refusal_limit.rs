//! How many connections are turned away at one time.

#[cfg(unix)]
use super::process::descriptor_limit;

/// As many connections are turned away at one time, by one thread; one more is closed without a word. They take
/// at most half of the descriptors that the process may have.
pub(super) fn most_refusals() -> usize {
    const MOST: usize = 4096;
    #[cfg(unix)]
    let half = descriptor_limit().and_then(|limit| usize::try_from(limit / 2).ok());
    #[cfg(not(unix))]
    let half: Option<usize> = None;
    half.map_or(MOST, |half| half.min(MOST))
}
