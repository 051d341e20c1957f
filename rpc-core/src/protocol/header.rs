//! The header that stands before a message, as in the base protocol of the Language Server Protocol:
//! `Content-Length: 18\r\n\r\n`
//! (<https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol>).

use super::ProtocolError;

/// Bytes that a header may have, its end included.
const LONGEST: usize = 4096;

/// The name whose value is how many bytes follow.
const LENGTH: &str = "Content-Length";

/// Whether a connection begins with a header: with `Content-Length` or `Content-Type`, in any case.
pub(super) fn begins(first: &[u8]) -> bool {
    first.get(..4).is_some_and(|first| first.eq_ignore_ascii_case(&LENGTH.as_bytes()[..4]))
}

/// A header that is whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the header itself.
    pub(super) size: usize,
    /// Bytes of the message behind it.
    pub(super) length: usize,
}

/// Reads the header that `bytes` begin with; `None` where it has not ended yet.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Header>, ProtocolError> {
    let mut length = None;
    let mut size = 0;
    loop {
        let rest = &bytes[size..bytes.len().min(LONGEST)];
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            return if bytes.len() < LONGEST {
                Ok(None)
            } else {
                Err(broken(format!("it takes more than {LONGEST} bytes")))
            };
        };
        size += end + 1;
        let Some(line) = rest[..end].strip_suffix(b"\r") else {
            return Err(broken("a line of it ends without a carriage return"));
        };
        if line.is_empty() {
            let length = length.ok_or_else(|| broken("it has no `Content-Length`"))?;
            return Ok(Some(Header { size, length }));
        }
        let (name, value) = field(line)?;
        if name.eq_ignore_ascii_case(LENGTH.as_bytes()) {
            if length.replace(number(value)?).is_some() {
                return Err(broken("it has `Content-Length` twice"));
            }
        } else if name.eq_ignore_ascii_case(b"Content-Type") {
            check_charset(value)?;
        }
    }
}

/// Takes a line apart: a name, a colon, a value with white space around it or none.
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), ProtocolError> {
    match line.iter().position(|&byte| byte == b':') {
        Some(colon @ 1..) if line[..colon].iter().all(u8::is_ascii_graphic) => {
            Ok((&line[..colon], line[colon + 1..].trim_ascii()))
        }
        _ => Err(broken("a line of it is no name with a colon and a value")),
    }
}

fn number(value: &[u8]) -> Result<usize, ProtocolError> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(broken("`Content-Length` must be a whole number of bytes"));
    }
    // One that no number can tell is over every limit, and refused as such.
    let digits = value.iter().map(|&digit| usize::from(digit - b'0'));
    Ok(digits.fold(0_usize, |number, digit| number.saturating_mul(10).saturating_add(digit)))
}

/// A type may name the only charset there is, also as older programs call it.
fn check_charset(value: &[u8]) -> Result<(), ProtocolError> {
    for parameter in value.split(|&byte| byte == b';').skip(1) {
        let mut parts = parameter.splitn(2, |&byte| byte == b'=').map(<[u8]>::trim_ascii);
        if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case(b"charset")) {
            continue;
        }
        let charset = parts.next().unwrap_or_default();
        let charset = charset
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""))
            .unwrap_or(charset);
        if ![&b"utf-8"[..], b"utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name)) {
            return Err(broken("`Content-Type` names a charset other than UTF-8"));
        }
    }
    Ok(())
}

#[cold]
fn broken(problem: impl Into<String>) -> ProtocolError {
    ProtocolError::Header { problem: problem.into() }
}

/// Digits of a length that room is made for before it is known; most have as many.
const DIGITS: usize = 3;

/// Appends a header whose length is still to come.
pub(super) fn begin(out: &mut Vec<u8>) {
    out.extend_from_slice(LENGTH.as_bytes());
    out.extend_from_slice(b": 000\r\n\r\n");
}

/// Puts the length into the header that was begun at `start`, now that the message stands behind it.
pub(super) fn end(out: &mut Vec<u8>, start: usize) {
    let digits = start + LENGTH.len() + ": ".len();
    let body = digits + DIGITS + "\r\n\r\n".len();
    let mut length = out.len().saturating_sub(body);
    let mut text = [0; 20];
    let mut first = text.len();
    while length > 0 || first == text.len() {
        first -= 1;
        text[first] = b"0123456789"[length % 10];
        length /= 10;
    }
    out.splice(digits..digits + DIGITS, text[first..].iter().copied());
}

#[cfg(test)]
mod tests {
    use super::{Header, ProtocolError, begin, end, read};

    #[test]
    fn a_header_is_read_in_any_case_and_with_other_lines() {
        for (header, length) in [
            ("Content-Length: 18\r\n\r\n", 18),
            ("content-length:0\r\n\r\n", 0),
            ("CONTENT-LENGTH: \t 007 \t\r\n\r\n", 7),
            (
                "Content-Length: 5\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
                5,
            ),
            (
                "Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: 5\r\n\r\n",
                5,
            ),
            ("Content-Type: x; a=b ; Charset = \"UTF-8\"\r\nContent-Length: 5\r\n\r\n", 5),
            ("Content-Type: x\r\nX-Anything: \r\nContent-Length: 5\r\n\r\n", 5),
        ] {
            let whole = Header { size: header.len(), length };
            assert_eq!(read(header.as_bytes()), Ok(Some(whole)), "{header}");
            for cut in 0..header.len() {
                assert_eq!(read(&header.as_bytes()[..cut]), Ok(None), "{header} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_header_that_is_none_says_why() {
        let long = format!("X: {}\r\nContent-Length: 1\r\n\r\n", "x".repeat(4096));
        for (header, why) in [
            ("\r\n", "no `Content-Length`"),
            ("Content-Type: x\r\n\r\n", "no `Content-Length`"),
            ("Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "twice"),
            ("Content-Length: -1\r\n\r\n", "whole number"),
            ("Content-Length: +1\r\n\r\n", "whole number"),
            ("Content-Length: 1.0\r\n\r\n", "whole number"),
            ("Content-Length: 0x1\r\n\r\n", "whole number"),
            ("Content-Length: 1, 1\r\n\r\n", "whole number"),
            ("Content-Length:\r\n\r\n", "whole number"),
            ("Content-Length 1\r\n\r\n", "no name with a colon"),
            ("Content-Length : 1\r\n\r\n", "no name with a colon"),
            (": 1\r\n\r\n", "no name with a colon"),
            (" Content-Length: 1\r\n\r\n", "no name with a colon"),
            ("Content-Length: 1\n\n", "carriage return"),
            ("Content-Type: x; charset=latin-1\r\n\r\n", "charset"),
            ("Content-Type: x; charset\r\n\r\n", "charset"),
            (&long, "more than 4096 bytes"),
        ] {
            match read(header.as_bytes()) {
                Err(ProtocolError::Header { problem }) => {
                    assert!(problem.contains(why), "{problem}: {header}");
                }
                other => panic!("{other:?}: {header}"),
            }
        }
    }

    #[test]
    fn a_header_is_written_with_the_digits_it_needs() {
        for (size, header) in [
            (0, "Content-Length: 0\r\n\r\n"),
            (42, "Content-Length: 42\r\n\r\n"),
            (999, "Content-Length: 999\r\n\r\n"),
            (123_456, "Content-Length: 123456\r\n\r\n"),
        ] {
            let mut out = b"before".to_vec();
            begin(&mut out);
            out.resize(out.len() + size, b'x');
            end(&mut out, 6);
            assert_eq!(out, [b"before", header.as_bytes(), &vec![b'x'; size]].concat());
        }
    }
}
