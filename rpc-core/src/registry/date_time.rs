//! A date and a time of day, as XML-RPC has them: `19980717T14:08:55`.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::protocol::json::Mark;

mod calendar;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "jiff")]
mod jiff;
mod system_time;

/// A date and a time of day, sent as the text `19980717T14:08:55`.
///
/// In XML-RPC it is a `dateTime.iso8601`, which the specification (xmlrpc.com/spec) gives this one form; in the JSON
/// dialects it is a string. Many programs write more, so a fraction of a second and an offset from UTC are
/// understood and kept, and sent where there are some: `19980717T14:08:55.250+02:00`. Some libraries read
/// the one form alone; [`plain`](Self::plain) makes it. What arrives may have hyphens in its
/// date, and no colons in its time, as ISO 8601 and RFC 3339 write it.
///
/// It converts to and from [`SystemTime`](std::time::SystemTime), and with the features `chrono` and `jiff` to and from
/// the types of those crates; one without an offset is taken for UTC there.
///
/// Two are equal that are written alike, and the order is that of the fields; those with different
/// offsets are compared as instants: `SystemTime::try_from(date)`.
///
/// ```
/// use rpc_core::types::DateTime;
///
/// let date: DateTime = "1998-07-17T14:08:55".parse()?;
/// assert_eq!(date.to_string(), "19980717T14:08:55");
/// assert_eq!((date.year(), date.month(), date.day()), (1998, 7, 17));
/// assert!("19980230T00:00:00".parse::<DateTime>().is_err());
///
/// let date: DateTime = "1998-07-17T14:08:55.25+02:00".parse()?;
/// assert_eq!((date.nanosecond(), date.offset()), (250_000_000, Some(120)));
/// assert_eq!(date.to_string(), "19980717T14:08:55.250+02:00");
/// assert_eq!(date.plain()?.to_string(), "19980717T12:08:55");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    offset: Option<i16>,
}

/// A text or numbers that are no date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a date and time: one is written 19980717T14:08:55 or 1998-07-17T14:08:55, \
     with a fraction (.25) and an offset (Z or +02:00) behind it if need be"
)]
pub struct InvalidDateTime;

/// A time that the type it is converted to does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time is beyond what its new type can tell: a `DateTime` has the years from 0 to 9999")]
pub struct DateTimeOutOfRange;

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
        let is_date = year <= 9999 && (1..=calendar::days_of(year, month)).contains(&day);
        if is_date && hour < 24 && minute < 60 && second <= 60 {
            Ok(Self { year, month, day, hour, minute, second, nanosecond: 0, offset: None })
        } else {
            Err(InvalidDateTime)
        }
    }

    /// The same with this fraction of a second.
    ///
    /// # Errors
    ///
    /// Where it is a second or more.
    pub fn with_nanosecond(self, nanosecond: u32) -> Result<Self, InvalidDateTime> {
        if nanosecond < 1_000_000_000 {
            Ok(Self { nanosecond, ..self })
        } else {
            Err(InvalidDateTime)
        }
    }

    /// The same fields, so many minutes before UTC: 120 in `+02:00`, 0 in `Z`; `None` for a time that
    /// does not say where.
    ///
    /// # Errors
    ///
    /// Where it is a day or more.
    pub fn with_offset(self, offset: Option<i16>) -> Result<Self, InvalidDateTime> {
        const DAY: i16 = 24 * 60;
        match offset {
            Some(minutes) if minutes.abs() >= DAY => Err(InvalidDateTime),
            offset => Ok(Self { offset, ..self }),
        }
    }

    /// The same time in UTC where it has an offset, without a fraction and an offset: in the form of
    /// XML-RPC's specification, which every library reads.
    ///
    /// # Errors
    ///
    /// Where the year is not from 0 to 9999 in UTC.
    pub fn plain(self) -> Result<Self, DateTimeOutOfRange> {
        let utc = match self.offset {
            None | Some(0) => self,
            // A leap second is one wherever it is.
            Some(_) => {
                let utc = Self::of_unix(Self { second: 0, ..self }.unix_seconds(), 0)?;
                Self { second: self.second, ..utc }
            }
        };
        Ok(Self { nanosecond: 0, offset: None, ..utc })
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

    /// The fraction of the second, in nanoseconds.
    pub fn nanosecond(&self) -> u32 {
        self.nanosecond
    }

    /// How many minutes it is before UTC: 120 in `+02:00`, 0 in `Z`; `None` where it does not say.
    pub fn offset(&self) -> Option<i16> {
        self.offset
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, nanosecond, offset } = *self;
        write!(f, "{year:04}{month:02}{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        // The numbers of digits that most programs read.
        match nanosecond {
            0 => {}
            _ if nanosecond % 1_000_000 == 0 => write!(f, ".{:03}", nanosecond / 1_000_000)?,
            _ if nanosecond % 1000 == 0 => write!(f, ".{:06}", nanosecond / 1000)?,
            _ => write!(f, ".{nanosecond:09}")?,
        }
        match offset {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl FromStr for DateTime {
    type Err = InvalidDateTime;

    fn from_str(text: &str) -> Result<Self, InvalidDateTime> {
        let mut text = Digits { rest: text };
        let year = text.number(4)?;
        let hyphen = text.skip("-");
        let month = text.two()?;
        text.separator("-", hyphen)?;
        let day = text.two()?;
        text.separator("T", true)?;
        let hour = text.two()?;
        let colon = text.skip(":");
        let minute = text.two()?;
        text.separator(":", colon)?;
        let second = text.two()?;
        let nanosecond = text.fraction()?;
        let offset = text.offset()?;
        if !text.rest.is_empty() {
            return Err(InvalidDateTime);
        }
        Self::new((year, month, day), (hour, minute, second))?
            .with_nanosecond(nanosecond)?
            .with_offset(offset)
    }
}

/// What is left of a text that digits are taken from.
struct Digits<'a> {
    rest: &'a str,
}

impl Digits<'_> {
    fn number(&mut self, count: usize) -> Result<u16, InvalidDateTime> {
        let (number, rest) = self.rest.split_at_checked(count).ok_or(InvalidDateTime)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidDateTime);
        }
        self.rest = rest;
        number.parse().map_err(|_| InvalidDateTime)
    }

    fn two(&mut self) -> Result<u8, InvalidDateTime> {
        self.number(2)?.try_into().map_err(|_| InvalidDateTime)
    }

    fn skip(&mut self, separator: &str) -> bool {
        let rest = self.rest.strip_prefix(separator);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn separator(&mut self, separator: &str, stands: bool) -> Result<(), InvalidDateTime> {
        if self.skip(separator) == stands { Ok(()) } else { Err(InvalidDateTime) }
    }

    /// A fraction of a second, in nanoseconds; what is less is cut off.
    fn fraction(&mut self) -> Result<u32, InvalidDateTime> {
        if !self.skip(".") && !self.skip(",") {
            return Ok(0);
        }
        let end = self.rest.bytes().position(|byte| !byte.is_ascii_digit());
        let (digits, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        let nine = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
        let nanosecond = nine.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
        if digits.is_empty() { Err(InvalidDateTime) } else { Ok(nanosecond) }
    }

    /// `Z`, `+02:00`, `+0200` or `+02`, in minutes.
    fn offset(&mut self) -> Result<Option<i16>, InvalidDateTime> {
        if self.skip("Z") || self.skip("z") {
            return Ok(Some(0));
        }
        let sign = if self.skip("-") { -1 } else { 1 };
        if sign == 1 && !self.skip("+") {
            return Ok(None);
        }
        let hours = i16::from(self.two()?);
        let minutes = if self.skip(":") || !self.rest.is_empty() { self.two()? } else { 0 };
        if hours < 24 && minutes < 60 {
            Ok(Some(sign * (hours * 60 + i16::from(minutes))))
        } else {
            Err(InvalidDateTime)
        }
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
mod tests;
