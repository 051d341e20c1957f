//! A date and a time of day, as XML-RPC has them: `19980717T14:08:55`.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::protocol::json::Mark;

/// A date and a time of day, sent as the text `19980717T14:08:55`.
///
/// In XML-RPC it is a `dateTime.iso8601`, which the specification
/// (xmlrpc.com/spec) gives this one form and no time zone; in the JSON dialects it is a string. What
/// arrives may have hyphens in its date, as ISO 8601 and Python's `isoformat` write it.
///
/// ```
/// use rpc_core::types::DateTime;
///
/// let date: DateTime = "1998-07-17T14:08:55".parse()?;
/// assert_eq!(date.to_string(), "19980717T14:08:55");
/// assert_eq!((date.year(), date.month(), date.day()), (1998, 7, 17));
/// assert!("19980230T00:00:00".parse::<DateTime>().is_err());
/// # Ok::<(), rpc_core::types::InvalidDateTime>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

/// A text that is no date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time: one is written 19980717T14:08:55 or 1998-07-17T14:08:55")]
pub struct InvalidDateTime;

impl DateTime {
    /// Makes one of its fields, of which `second` may be 60, a leap second.
    ///
    /// # Errors
    ///
    /// Where the calendar has no such day or the day no such time.
    pub fn new(
        (year, month, day): (u16, u8, u8),
        (hour, minute, second): (u8, u8, u8),
    ) -> Result<Self, InvalidDateTime> {
        let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        let is_date = year <= 9999 && (1..=days).contains(&day);
        if is_date && hour < 24 && minute < 60 && second <= 60 {
            Ok(Self { year, month, day, hour, minute, second })
        } else {
            Err(InvalidDateTime)
        }
    }

    /// The year, from 0 to 9999.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub fn month(&self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(&self) -> u8 {
        self.day
    }

    /// The hour, from 0 to 23.
    pub fn hour(&self) -> u8 {
        self.hour
    }

    /// The minute, from 0 to 59.
    pub fn minute(&self) -> u8 {
        self.minute
    }

    /// The second, from 0 to 60.
    pub fn second(&self) -> u8 {
        self.second
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}{month:02}{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

impl FromStr for DateTime {
    type Err = InvalidDateTime;

    fn from_str(text: &str) -> Result<Self, InvalidDateTime> {
        let mut rest = text;
        let mut digits = |count: usize, before: &str| {
            rest = rest.strip_prefix(before).ok_or(InvalidDateTime)?;
            let (number, behind) = rest.split_at_checked(count).ok_or(InvalidDateTime)?;
            rest = behind;
            let all = number.bytes().all(|byte| byte.is_ascii_digit());
            if all {
                number.parse::<u16>().map_err(|_| InvalidDateTime)
            } else {
                Err(InvalidDateTime)
            }
        };
        let hyphen = if text.as_bytes().get(4) == Some(&b'-') { "-" } else { "" };
        let year = digits(4, "")?;
        let mut two = |before| digits(2, before)?.try_into().map_err(|_| InvalidDateTime);
        let date = (year, two(hyphen)?, two(hyphen)?);
        let time = (two("T")?, two(":")?, two(":")?);
        if rest.is_empty() { Self::new(date, time) } else { Err(InvalidDateTime) }
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Mark::DATE_TIME, &self.to_string())
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = DateTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time like 19980717T14:08:55")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<DateTime, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::DateTime;

    #[test]
    fn a_date_is_taken_in_two_forms_and_told_in_one() {
        for text in ["19980717T14:08:55", "1998-07-17T14:08:55", "20000229T23:59:60"] {
            let date: DateTime = text.parse().unwrap();
            assert_eq!(date.to_string(), text.replace('-', ""));
            let json = serde_json::to_string(&date).unwrap();
            assert_eq!(json, format!("\"{date}\""));
            assert_eq!(serde_json::from_str::<DateTime>(&json).unwrap(), date);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "19980717",
            "19980717T14:08",
            "19980717T14:08:55Z",
            "19980717 14:08:55",
            "19980717T24:00:00",
            "19980717T14:60:00",
            "19980717T14:08:61",
            "19990229T00:00:00",
            "19981301T00:00:00",
            "19980700T00:00:00",
            "1998-0717T14:08:55",
            "+9980717T14:08:55",
            "1998071é14:08:55",
        ] {
            assert!(text.parse::<DateTime>().is_err(), "{text}");
        }
    }
}
