//! The texts that are dates, and instants.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::DateTime;

#[test]
fn a_date_is_taken_in_many_forms_and_told_in_one() {
    for (text, told) in [
        ("19980717T14:08:55", "19980717T14:08:55"),
        ("1998-07-17T14:08:55", "19980717T14:08:55"),
        ("20000229T23:59:60", "20000229T23:59:60"),
        ("19980717T140855", "19980717T14:08:55"),
        ("1998-07-17T140855", "19980717T14:08:55"),
        ("19980717T14:08:55Z", "19980717T14:08:55Z"),
        ("19980717T14:08:55z", "19980717T14:08:55Z"),
        ("19980717T140855+0000", "19980717T14:08:55Z"),
        ("1998-07-17T14:08:55-00:00", "19980717T14:08:55Z"),
        ("1998-07-17T14:08:55+02:00", "19980717T14:08:55+02:00"),
        ("1998-07-17T14:08:55+02", "19980717T14:08:55+02:00"),
        ("1998-07-17T14:08:55-0330", "19980717T14:08:55-03:30"),
        ("1998-07-17T14:08:55-23:59", "19980717T14:08:55-23:59"),
        ("1998-07-17T14:08:55.5", "19980717T14:08:55.500"),
        ("1998-07-17T14:08:55,0625", "19980717T14:08:55.062500"),
        ("1998-07-17T14:08:55.123456789999Z", "19980717T14:08:55.123456789Z"),
        ("1998-07-17T14:08:55.000", "19980717T14:08:55"),
        ("19980717T140855.25+05:45", "19980717T14:08:55.250+05:45"),
    ] {
        let date: DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(date.to_string(), told, "{text}");
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
        "19980717T14:0855",
        "19980717T1408:55",
        "19980717 14:08:55",
        "19980717T24:00:00",
        "19980717T14:60:00",
        "19980717T14:08:61",
        "19990229T00:00:00",
        "19981301T00:00:00",
        "19980700T00:00:00",
        "1998-0717T14:08:55",
        "199807-17T14:08:55",
        "+9980717T14:08:55",
        "1998071é14:08:55",
        "19980717T14:08:55.",
        "19980717T14:08:55.Z",
        "19980717T14:08:55ZZ",
        "19980717T14:08:55 Z",
        "19980717T14:08:55+",
        "19980717T14:08:55+2",
        "19980717T14:08:55+02:",
        "19980717T14:08:55+02:0",
        "19980717T14:08:55+02:60",
        "19980717T14:08:55+24:00",
        "19980717T14:08:55+-2:00",
        "19980717T14:08:55+02:00Z",
    ] {
        assert!(text.parse::<DateTime>().is_err(), "{text}");
    }
    let date = DateTime::new((1998, 7, 17), (14, 8, 55)).unwrap();
    assert!(date.with_offset(Some(1440)).is_err() && date.with_offset(Some(-1440)).is_err());
    assert!(date.with_nanosecond(1_000_000_000).is_err());
}

#[test]
fn dates_are_instants() {
    for (text, seconds, nanos) in [
        ("1970-01-01T00:00:00Z", 0, 0),
        ("1998-07-17T14:08:55", 900_684_535, 0),
        ("1998-07-17T16:08:55+02:00", 900_684_535, 0),
        ("1998-07-16T20:08:55.5-18:00", 900_684_535, 500_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
        ("1969-12-31T23:59:59.75Z", -1, 750_000_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200, 0),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
    ] {
        let date: DateTime = text.parse().unwrap();
        let time = SystemTime::try_from(date).unwrap();
        let whole = Duration::from_secs(i64::unsigned_abs(seconds));
        let second = if seconds < 0 { UNIX_EPOCH - whole } else { UNIX_EPOCH + whole };
        assert_eq!(time, second + Duration::from_nanos(nanos), "{text}");
        let back = DateTime::try_from(time).unwrap();
        assert_eq!(back.offset(), Some(0));
        assert_eq!(SystemTime::try_from(back), Ok(time), "{text}");
    }
    assert!(DateTime::try_from(UNIX_EPOCH + Duration::from_secs(253_402_300_800)).is_err());
    assert!(DateTime::try_from(UNIX_EPOCH - Duration::from_secs(62_167_219_201)).is_err());
}

#[test]
fn the_plain_form_is_in_utc() {
    for (text, plain) in [
        ("19980717T14:08:55", Some("19980717T14:08:55")),
        ("19980717T14:08:55.5Z", Some("19980717T14:08:55")),
        ("20000301T01:00:00.25+02:00", Some("20000229T23:00:00")),
        ("20161231T18:59:60-05:00", Some("20161231T23:59:60")),
        ("00000101T00:00:00+00:01", None),
        ("99991231T23:59:00-00:01", None),
    ] {
        let date: DateTime = text.parse().unwrap();
        let found = date.plain().ok().map(|date| date.to_string());
        assert_eq!(found.as_deref(), plain, "{text}");
    }
}
