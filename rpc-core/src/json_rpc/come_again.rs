//! What is refused because it comes too often, and may come again.

use std::time::Duration;

use crate::protocol::{Again, Fault, code};
use crate::registry::ResponseForm;

/// A fault that says when to come again.
pub(crate) fn come_again(message: impl Into<String>, wait: Duration) -> Fault {
    let again = Again { retry_after_ms: whole_ms(wait) };
    Fault::new(code::OVERLOADED, message).with_data(&again)
}

/// How a request of HTTP is answered that is refused as a whole.
pub(super) fn too_many(wait: Duration) -> ResponseForm {
    ResponseForm::TooMany { retry_after: whole_ms(wait).div_ceil(1000) }
}

/// Whoever comes after so many milliseconds has waited for long enough.
pub(super) fn whole_ms(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::whole_ms;

    #[test]
    fn who_comes_when_told_does_not_come_too_early() {
        for (micros, ms) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2000, 2), (59_999_001, 60_000)]
        {
            assert_eq!(whole_ms(Duration::from_micros(micros)), ms);
        }
    }
}
