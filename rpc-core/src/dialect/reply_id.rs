//! Which call a reply answers.

/// The id of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyId<'m> {
    /// The number of a call. It counts in another spelling too, `"7"` or `7.0`: no other call can be
    /// meant.
    Call(u64),
    /// There is none, or null.
    Missing,
    /// What is no call's number, as it came.
    Foreign(&'m str),
}

impl<'m> ReplyId<'m> {
    /// Takes the JSON text of the member, if there is one.
    pub(super) fn of(text: Option<&'m str>) -> Self {
        // As nearly all are.
        if let Some(Ok(number)) = text.map(str::parse) {
            return Self::Call(number);
        }
        let Some(text) = text.filter(|text| *text != "null") else {
            return Self::Missing;
        };
        let unquoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        whole_number(unquoted.unwrap_or(text))
            .and_then(|number| u64::try_from(number).ok())
            .map_or(Self::Foreign(text), Self::Call)
    }
}

/// The whole number that JSON's text of a number is, `7`, `7.0` or `70e-1`.
pub(super) fn whole_number(text: &str) -> Option<i128> {
    /// Up to here a float says which whole number it is.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && (digits.len() == 1
            || !digits.starts_with('0')
            || digits[1..].starts_with(['.', 'e', 'E']));
    if !is_number {
        return None;
    }
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i128)
}

#[cfg(test)]
mod tests {
    use super::ReplyId::{self, Call, Foreign, Missing};

    #[test]
    fn a_number_counts_in_every_spelling_and_nothing_else_does() {
        for text in ["7", "\"7\"", "7.0", "7e0", "70e-1", "\"7.0\""] {
            assert_eq!(ReplyId::of(Some(text)), Call(7), "{text}");
        }
        assert_eq!(ReplyId::of(Some("18446744073709551615")), Call(u64::MAX));
        assert_eq!(ReplyId::of(Some("null")), Missing);
        assert_eq!(ReplyId::of(None), Missing);
        for text in [
            "\"zzz\"",
            "\"\"",
            "\"",
            "\"null\"",
            "-7",
            "7.5",
            "1e400",
            "9007199254740993.0",
            "18446744073709551616",
            "\"+7\"",
            "\"07\"",
            "\"7 \"",
            "\"inf\"",
            "[7]",
            "{}",
            "true",
        ] {
            assert_eq!(ReplyId::of(Some(text)), Foreign(text));
        }
    }
}
