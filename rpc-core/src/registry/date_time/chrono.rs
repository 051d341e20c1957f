//! Dates as chrono's (feature `chrono`).

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike, Utc};

use super::{DateTime, DateTimeOutOfRange};

const SECOND: u32 = 1_000_000_000;

/// Without an offset.
impl TryFrom<NaiveDateTime> for DateTime {
    type Error = DateTimeOutOfRange;

    fn try_from(time: NaiveDateTime) -> Result<Self, DateTimeOutOfRange> {
        let out_of_range = DateTimeOutOfRange;
        let year = u16::try_from(time.year()).map_err(|_| out_of_range)?;
        let [month, day, hour, minute, second] =
            [time.month(), time.day(), time.hour(), time.minute(), time.second()]
                .map(|number| u8::try_from(number).unwrap_or(u8::MAX));
        // In chrono a leap second is a fraction of more than a second.
        let leap = u8::from(time.nanosecond() >= SECOND);
        Self::new((year, month, day), (hour, minute, second + leap))
            .and_then(|date| date.with_nanosecond(time.nanosecond() % SECOND))
            .map_err(|_| out_of_range)
    }
}

/// With its offset, or in UTC where that is not of whole minutes.
impl<Tz: TimeZone> TryFrom<chrono::DateTime<Tz>> for DateTime {
    type Error = DateTimeOutOfRange;

    fn try_from(time: chrono::DateTime<Tz>) -> Result<Self, DateTimeOutOfRange> {
        let seconds = time.offset().fix().local_minus_utc();
        let is_whole = seconds % 60 == 0;
        let local = if is_whole { time.naive_local() } else { time.naive_utc() };
        let minutes = if is_whole { i16::try_from(seconds / 60).ok() } else { Some(0) };
        let date = Self::try_from(local)?;
        date.with_offset(minutes).map_err(|_| DateTimeOutOfRange)
    }
}

/// The fields as they stand, whatever the offset.
impl TryFrom<DateTime> for NaiveDateTime {
    type Error = DateTimeOutOfRange;

    fn try_from(date: DateTime) -> Result<Self, DateTimeOutOfRange> {
        let day = NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into());
        let leap = date.second / 60;
        let nanosecond = date.nanosecond + u32::from(leap) * SECOND;
        let second = u32::from(date.second - leap);
        day.and_then(|day| {
            day.and_hms_nano_opt(date.hour.into(), date.minute.into(), second, nanosecond)
        })
        .ok_or(DateTimeOutOfRange)
    }
}

/// One without an offset is taken for UTC.
impl TryFrom<DateTime> for chrono::DateTime<FixedOffset> {
    type Error = DateTimeOutOfRange;

    fn try_from(date: DateTime) -> Result<Self, DateTimeOutOfRange> {
        let local = NaiveDateTime::try_from(date)?;
        let offset = FixedOffset::east_opt(i32::from(date.offset.unwrap_or(0)) * 60);
        offset
            .and_then(|offset| offset.from_local_datetime(&local).single())
            .ok_or(DateTimeOutOfRange)
    }
}

/// One without an offset is taken for UTC.
impl TryFrom<DateTime> for chrono::DateTime<Utc> {
    type Error = DateTimeOutOfRange;

    fn try_from(date: DateTime) -> Result<Self, DateTimeOutOfRange> {
        Ok(chrono::DateTime::<FixedOffset>::try_from(date)?.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, NaiveDateTime, Utc};

    use super::DateTime;

    #[test]
    fn dates_go_there_and_back() {
        for text in [
            "19980717T14:08:55Z",
            "19980717T14:08:55.250+02:00",
            "20161231T23:59:60Z",
            "00000101T00:00:00.000000001-23:59",
        ] {
            let date: DateTime = text.parse().unwrap();
            let fixed = chrono::DateTime::<FixedOffset>::try_from(date).unwrap();
            assert_eq!(DateTime::try_from(fixed), Ok(date));
            let naive = NaiveDateTime::try_from(date).unwrap();
            let local = date.with_offset(None).unwrap();
            assert_eq!(DateTime::try_from(naive), Ok(local));
            let utc = chrono::DateTime::<Utc>::try_from(date).unwrap();
            assert_eq!(utc, fixed);
        }
        let local: DateTime = "19980717T14:08:55".parse().unwrap();
        let utc = chrono::DateTime::<Utc>::try_from(local).unwrap();
        assert_eq!(utc.timestamp(), 900_684_535);
    }

    #[test]
    fn what_does_not_fit_is_an_error_or_utc() {
        assert!(DateTime::try_from(NaiveDateTime::MIN).is_err());
        assert!(DateTime::try_from(NaiveDateTime::MAX).is_err());
        let odd = FixedOffset::east_opt(3601).unwrap();
        let utc = chrono::DateTime::from_timestamp(0, 0).unwrap();
        let date = DateTime::try_from(utc.with_timezone(&odd)).unwrap();
        assert_eq!(date.to_string(), "19700101T00:00:00Z");
    }
}
