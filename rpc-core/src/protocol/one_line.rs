//! Text on one line, whatever stands in it: a log has a line for each event.

use std::fmt::{self, Write};

/// Writes to another, and shows what would begin a new line, or move a terminal's cursor, by its name: `\n`.
pub(crate) struct OneLine<W>(pub(crate) W);

impl<W: Write> Write for OneLine<W> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        let is_shown =
            |c: char| c != '\t' && c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        while let Some((at, c)) = text.char_indices().find(|(_, c)| is_shown(*c)) {
            self.0.write_str(&text[..at])?;
            write!(self.0, "{}", c.escape_debug())?;
            text = &text[at + c.len_utf8()..];
        }
        self.0.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::OneLine;

    #[test]
    fn line_breaks_and_what_terminals_obey_are_shown() {
        let mut line = OneLine(String::new());
        line.write_str("one\ntwo\r\nthree\ttab, \u{1b}[2J\u{85}\u{2028}é").unwrap();
        assert_eq!(line.0, "one\\ntwo\\r\\nthree\ttab, \\u{1b}[2J\\u{85}\\u{2028}é");
    }
}
