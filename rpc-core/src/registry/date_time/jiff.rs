//! Dates as jiff's (feature `jiff`).

use jiff::{Timestamp, civil};

use super::{DateTime, DateTimeOutOfRange};

/// Without an offset.
impl TryFrom<civil::DateTime> for DateTime {
    type Error = DateTimeOutOfRange;

    fn try_from(time: civil::DateTime) -> Result<Self, DateTimeOutOfRange> {
        let out_of_range = DateTimeOutOfRange;
        let year = u16::try_from(time.year()).map_err(|_| out_of_range)?;
        let [month, day, hour, minute, second] =
            [time.month(), time.day(), time.hour(), time.minute(), time.second()]
                .map(i8::unsigned_abs);
        Self::new((year, month, day), (hour, minute, second))
            .and_then(|date| date.with_nanosecond(time.subsec_nanosecond().unsigned_abs()))
            .map_err(|_| out_of_range)
    }
}

/// The fields as they stand, whatever the offset. A leap second is the second before it, as jiff reads one.
impl TryFrom<DateTime> for civil::DateTime {
    type Error = DateTimeOutOfRange;

    fn try_from(date: DateTime) -> Result<Self, DateTimeOutOfRange> {
        let out_of_range = DateTimeOutOfRange;
        let year = i16::try_from(date.year).map_err(|_| out_of_range)?;
        let nanosecond = i32::try_from(date.nanosecond).map_err(|_| out_of_range)?;
        let [month, day, hour, minute, second] =
            [date.month, date.day, date.hour, date.minute, date.second.min(59)]
                .map(u8::cast_signed);
        Self::new(year, month, day, hour, minute, second, nanosecond).map_err(|_| out_of_range)
    }
}

/// In UTC, with the offset `Z`.
impl TryFrom<Timestamp> for DateTime {
    type Error = DateTimeOutOfRange;

    fn try_from(time: Timestamp) -> Result<Self, DateTimeOutOfRange> {
        let nanosecond = time.as_nanosecond();
        let second = nanosecond.div_euclid(1_000_000_000);
        let rest = nanosecond.rem_euclid(1_000_000_000);
        let out_of_range = |_| DateTimeOutOfRange;
        Self::of_unix(
            i64::try_from(second).map_err(out_of_range)?,
            u32::try_from(rest).map_err(out_of_range)?,
        )
    }
}

/// One without an offset is taken for UTC.
impl TryFrom<DateTime> for Timestamp {
    type Error = DateTimeOutOfRange;

    fn try_from(date: DateTime) -> Result<Self, DateTimeOutOfRange> {
        let second = i128::from(date.unix_seconds()) * 1_000_000_000;
        Self::from_nanosecond(second + i128::from(date.nanosecond)).map_err(|_| DateTimeOutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil};

    use super::DateTime;

    #[test]
    fn dates_go_there_and_back() {
        for text in ["19980717T14:08:55", "19690717T14:08:55.250", "00000101T00:00:00.000000001"] {
            let date: DateTime = text.parse().unwrap();
            let local = civil::DateTime::try_from(date).unwrap();
            assert_eq!(DateTime::try_from(local), Ok(date));
            let instant = Timestamp::try_from(date).unwrap();
            let in_utc = DateTime::try_from(instant).unwrap();
            assert_eq!(in_utc.to_string(), format!("{date}Z"));
        }
        let date: DateTime = "1998-07-17T16:08:55+02:00".parse().unwrap();
        assert_eq!(Timestamp::try_from(date).unwrap().as_second(), 900_684_535);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(DateTime::try_from(civil::DateTime::MIN).is_err());
        let last: DateTime = "99991231T23:59:60-23:59".parse().unwrap();
        assert!(Timestamp::try_from(last).is_err());
        assert!(civil::DateTime::try_from(last).is_ok());
    }
}
