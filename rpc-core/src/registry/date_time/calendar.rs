//! The calendar of ISO 8601: which days there are, and how many lie between them.

/// Days from the first day of the year 0 to that of 1970.
const EPOCH: i64 = 719_528;

/// How many days a month has; 0 where there is no such month.
pub(super) fn days_of(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// How many days lie between the first day of 1970 and this one.
pub(super) fn days(year: u16, month: u8, day: u8) -> i64 {
    let months: i64 = (1..month).map(|month| i64::from(days_of(year, month))).sum();
    before(i64::from(year)) - EPOCH + months + i64::from(day) - 1
}

/// The day that so many days lie between and the first of 1970, if its year is from 0 to 9999.
pub(super) fn date(days: i64) -> Option<(u16, u8, u8)> {
    let mut days = days.checked_add(EPOCH).filter(|days| (0..before(10_000)).contains(days))?;
    // Four hundred years have 146 097 days; the quotient is a year late at most.
    let guess = days * 400 / 146_097;
    let year = if before(guess + 1) <= days { guess + 1 } else { guess };
    let year = if before(year) > days { year - 1 } else { year };
    days -= before(year);
    let year = u16::try_from(year).ok()?;
    let mut month = 1;
    while days >= i64::from(days_of(year, month)) {
        days -= i64::from(days_of(year, month));
        month += 1;
    }
    Some((year, month, u8::try_from(days + 1).ok()?))
}

/// Days from the first day of the year 0 to that of another.
fn before(year: i64) -> i64 {
    // The year 0 has a leap day.
    let past = year - 1;
    let leap_days = if year > 0 { past / 4 - past / 100 + past / 400 + 1 } else { 0 };
    365 * year + leap_days
}

#[cfg(test)]
mod tests {
    use super::{date, days, days_of};

    #[test]
    fn every_day_of_ten_thousand_years_is_the_next_of_the_one_before() {
        let mut number = days(0, 1, 1);
        assert_eq!((number, days(1970, 1, 1), days(2000, 2, 29)), (-719_528, 0, 11_016));
        assert_eq!((date(number - 1), date(i64::MAX), date(i64::MIN)), (None, None, None));
        for year in 0..=9999 {
            for month in 1..=12 {
                for day in 1..=days_of(year, month) {
                    assert_eq!(days(year, month, day), number);
                    assert_eq!(date(number), Some((year, month, day)));
                    number += 1;
                }
            }
        }
        assert_eq!(date(number), None);
    }
}
