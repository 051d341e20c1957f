//! Dates as instants: seconds from the beginning of 1970, and the operating system's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{DateTime, DateTimeOutOfRange, calendar};

const DAY: i64 = 24 * 60 * 60;

impl DateTime {
    /// Whole seconds from the beginning of 1970 in UTC, to which a leap second is the next minute's first.
    pub(super) fn unix_seconds(&self) -> i64 {
        let days = calendar::days(self.year, self.month, self.day);
        let [hour, minute, second] = [self.hour, self.minute, self.second].map(i64::from);
        let offset = i64::from(self.offset.unwrap_or(0));
        days * DAY + (hour * 60 + minute - offset) * 60 + second
    }

    /// The time in UTC, so many seconds from the beginning of 1970, with a fraction of a second.
    pub(super) fn of_unix(seconds: i64, nanosecond: u32) -> Result<Self, DateTimeOutOfRange> {
        let out_of_range = DateTimeOutOfRange;
        let date = calendar::date(seconds.div_euclid(DAY)).ok_or(out_of_range)?;
        let second = seconds.rem_euclid(DAY);
        let [hour, minute, second] = [second / 3600, second / 60 % 60, second % 60]
            .map(|number| u8::try_from(number).unwrap_or(u8::MAX));
        let time = Self::new(date, (hour, minute, second)).map_err(|_| out_of_range)?;
        time.with_nanosecond(nanosecond)
            .and_then(|time| time.with_offset(Some(0)))
            .map_err(|_| out_of_range)
    }
}

/// In UTC, with the offset `Z`.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use rpc_core::types::DateTime;
///
/// let date = DateTime::try_from(UNIX_EPOCH + Duration::from_secs(900_684_535))?;
/// assert_eq!(date.to_string(), "19980717T14:08:55Z");
/// // What every XML-RPC library reads:
/// assert_eq!(date.plain()?.to_string(), "19980717T14:08:55");
/// # Ok::<(), rpc_core::types::DateTimeOutOfRange>(())
/// ```
impl TryFrom<SystemTime> for DateTime {
    type Error = DateTimeOutOfRange;

    fn try_from(time: SystemTime) -> Result<Self, DateTimeOutOfRange> {
        let whole =
            |since: Duration| i64::try_from(since.as_secs()).map_err(|_| DateTimeOutOfRange);
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self::of_unix(whole(since)?, since.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                match before.subsec_nanos() {
                    0 => Self::of_unix(-whole(before)?, 0),
                    nanos => Self::of_unix(-whole(before)? - 1, 1_000_000_000 - nanos),
                }
            }
        }
    }
}

/// One without an offset is taken for UTC.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use rpc_core::types::DateTime;
///
/// let date: DateTime = "1998-07-17T16:08:55+02:00".parse()?;
/// assert_eq!(SystemTime::try_from(date)?, UNIX_EPOCH + Duration::from_secs(900_684_535));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl TryFrom<DateTime> for SystemTime {
    type Error = DateTimeOutOfRange;

    fn try_from(date: DateTime) -> Result<Self, DateTimeOutOfRange> {
        let seconds = date.unix_seconds();
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let second =
            if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
        let fraction = Duration::from_nanos(date.nanosecond.into());
        second.and_then(|second| second.checked_add(fraction)).ok_or(DateTimeOutOfRange)
    }
}
