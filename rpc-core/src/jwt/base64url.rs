//! Base64url (RFC 4648, section 5) as JSON Web Tokens have it: without padding, and one text alone for the same bytes.

/// Reads bytes from text; `None` where it is not base64url, has padding, or has bits at its end that say nothing and are set.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for four in digits.chunks(4) {
        let mut bits = 0_u32;
        for &digit in four {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * (4 - four.len());
        let [_, all @ ..] = bits.to_be_bytes();
        let (whole, rest) = all.split_at(four.len() - 1);
        if whole.is_empty() || rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(whole);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn bytes_have_one_text() {
        let right: [(&str, &[u8]); 6] = [
            ("", b""),
            ("Zg", b"f"),
            ("Zm8", b"fo"),
            ("Zm9v", b"foo"),
            ("-_-_", &[0xfb, 0xff, 0xbf]),
            // RFC 7515, appendix C.
            ("A-z_4ME", &[3, 236, 255, 224, 193]),
        ];
        for (text, bytes) in right {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm9vZ", "Zm 9v", "+/+/", "Zm9v\n", "Zmü"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
