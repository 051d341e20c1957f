//! Finds where one JSON text ends in a stream that may be cut anywhere.

use super::plain::plain_prefix;

/// Remembers how far a text has been looked at, so that no byte is looked at twice.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Boundary {
    looked: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Boundary {
    /// Returns the length of the text that `bytes` begins with, once its last bracket is there, or that it
    /// nests deeper than `limit` levels, as soon as it does.
    ///
    /// `bytes` begins with `{` or `[`, and is at each call the bytes of the call before and what
    /// has come since. Only brackets and strings are heeded: whether the text is JSON is found out
    /// when it is whole.
    pub(crate) fn find(&mut self, bytes: &[u8], limit: usize) -> Result<Option<usize>, TooDeep> {
        while let Some(&byte) = bytes.get(self.looked) {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else {
                    let plain = plain_prefix(&bytes[self.looked..]);
                    if plain > 0 {
                        self.looked += plain;
                        continue;
                    }
                    match byte {
                        b'\\' => self.escaped = true,
                        b'"' => self.in_string = false,
                        _ => {}
                    }
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' if self.depth >= limit => return Err(TooDeep),
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            let length = self.looked + 1;
                            *self = Self::default();
                            return Ok(Some(length));
                        }
                    }
                    _ => {}
                }
            }
            self.looked += 1;
        }
        Ok(None)
    }
}

/// A text nests deeper than it may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooDeep;

#[cfg(test)]
mod tests {
    use super::{Boundary, TooDeep};

    #[test]
    fn the_end_is_found_however_the_text_is_cut() {
        let text = br#"{"a":["}",{"b\\\"]":1}],"c":"\u007d"} {"#;
        let length = text.len() - 2;
        assert_eq!(Boundary::default().find(text, 4), Ok(Some(length)));
        for step in 1..text.len() {
            let mut boundary = Boundary::default();
            let found = (step..text.len() + step)
                .step_by(step)
                .find_map(|end| boundary.find(&text[..end.min(text.len())], 4).transpose());
            assert_eq!(found, Some(Ok(length)), "in steps of {step}");
        }
    }

    #[test]
    fn what_nests_too_deep_is_found_with_the_bracket_that_does() {
        let text = br#"{"a":[["[[",{}]],"c":[[[["#;
        assert_eq!(Boundary::default().find(text, 5), Ok(None));
        assert_eq!(Boundary::default().find(text, 4), Err(TooDeep));
        assert_eq!(Boundary::default().find(&text[..text.len() - 1], 4), Ok(None));
        assert_eq!(Boundary::default().find(text, 0), Err(TooDeep));
    }
}
