//! Base64 (RFC 4648, sections 4 and 5): bytes as text.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How long the text of bytes is.
pub(crate) fn length(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(3) * 4
}

/// Writes bytes as text, with padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(length(bytes));
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            if place <= three.len() {
                let index = bits >> (18 - 6 * place) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// Reads bytes from text with padding or without; `None` where it is not base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let padding = text.len() - digits.len();
    if digits.len() % 4 == 1 || padding > 2 || padding > 0 && !text.len().is_multiple_of(4) {
        return None;
    }
    bytes_of(digits, *b"+/").map(|(bytes, _)| bytes)
}

/// Reads bytes from base64url as JSON Web Tokens have it (RFC 7515, section 2): without padding, and one text alone for
/// the same bytes; `None` where it is not that.
#[cfg(feature = "jwt")]
pub(crate) fn decode_url(text: &str) -> Option<Vec<u8>> {
    let (bytes, is_the_only_text) = bytes_of(text.as_bytes(), *b"-_")?;
    (text.len() % 4 != 1 && is_the_only_text).then_some(bytes)
}

/// The bytes of digits, of which these are the last two, and whether all bits that say nothing are 0.
#[inline]
fn bytes_of(digits: &[u8], [last_but_one, last]: [u8; 2]) -> Option<(Vec<u8>, bool)> {
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let mut is_the_only_text = true;
    for four in digits.chunks(4) {
        let mut bits = 0_u32;
        for &digit in four {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                _ if digit == last_but_one => 62,
                _ if digit == last => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * (4 - four.len());
        let [_, all @ ..] = bits.to_be_bytes();
        let (whole, rest) = all.split_at(four.len() - 1);
        is_the_only_text &= rest.iter().all(|byte| *byte == 0);
        bytes.extend_from_slice(whole);
    }
    Some((bytes, is_the_only_text))
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn the_examples_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
            assert_eq!(decode(text.trim_end_matches('=')).as_deref(), Some(bytes.as_bytes()));
        }
        for text in ["Z", "Zg=", "Zg===", "Z g=", "Zm9vZ", "====", "Zm9v=", "Zg==Zg=="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[cfg(feature = "jwt")]
    #[test]
    fn bytes_have_one_text_in_a_token() {
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
            assert_eq!(super::decode_url(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm9vZ", "Zm 9v", "+/+/", "Zm9v\n", "Zmü"] {
            assert_eq!(super::decode_url(text), None, "{text}");
        }
    }
}
