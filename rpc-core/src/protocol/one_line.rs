//! Text on one line, whatever stands in it: a log has a line for each event, which reads as it is written.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Writes to another, and shows what would begin a new line, move a terminal's cursor, turn the direction of text, or be
/// seen by nobody, by its name: `\n`, `\u{202e}`.
pub(crate) struct OneLine<W>(pub(crate) W);

impl<W: Write> Write for OneLine<W> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        let is_shown = |c: char| c != '\t' && (c.is_ascii_control() || is_unseen(c));
        while let Some((at, c)) = text.char_indices().find(|(_, c)| is_shown(*c)) {
            self.0.write_str(&text[..at])?;
            match c {
                _ if c.is_control() => write!(self.0, "{}", c.escape_debug())?,
                _ => write!(self.0, "{}", c.escape_unicode())?,
            }
            text = &text[at + c.len_utf8()..];
        }
        self.0.write_str(text)
    }
}

/// Whether a character shows nothing itself and changes how others are shown, and stands in JSON as it is: further controls,
/// breaks of lines, marks of direction, and what has no width.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// A text for a record in JSON, where characters that nobody sees stand as JSON escapes them: `\u202e`.
pub(crate) fn seen(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // To a text all can be written.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::{OneLine, seen};

    #[test]
    fn line_breaks_and_what_terminals_obey_are_shown() {
        let mut line = OneLine(String::new());
        line.write_str("one\ntwo\r\nthree\ttab, \u{1b}[2J\u{85}\u{2028}é").unwrap();
        assert_eq!(line.0, "one\\ntwo\\r\\nthree\ttab, \\u{1b}[2J\\u{85}\\u{2028}é");
    }

    #[test]
    fn what_turns_text_round_or_is_seen_by_nobody_is_shown() {
        let hidden =
            "\u{7f}\u{80}\u{9f}\u{200b}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{2029}";
        for c in hidden.chars() {
            let mut line = OneLine(String::new());
            line.write_char(c).unwrap();
            let number = u32::from(c);
            assert_eq!(line.0, format!("\\u{{{number:x}}}"));
            assert_eq!(seen(&format!("a{c}é")), format!("a\\u{number:04x}é"));
        }
        assert_eq!(seen("\u{e0041}"), "\\udb40\\udc41");
        assert_eq!(seen("a\té\n\u{1f600}"), "a\té\n\u{1f600}");
    }
}
