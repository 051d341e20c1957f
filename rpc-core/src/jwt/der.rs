//! The little of ASN.1 DER that public keys and signatures are in.

use rustls::pki_types::AlgorithmIdentifier;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// Two whole numbers, the form of an RSA key (RFC 8017, A.1.1) and of an ECDSA signature (RFC 3279, 2.2.3).
pub(super) fn two_numbers(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut numbers = Vec::new();
    for number in [one, other].map(without_zeros) {
        // A first bit that is set would be a sign.
        let zero: &[u8] = if number.first().is_none_or(|byte| *byte > 0x7f) { &[0] } else { &[] };
        write(&mut numbers, INTEGER, &[zero, number].concat());
    }
    let mut sequence = Vec::new();
    write(&mut sequence, SEQUENCE, &numbers);
    sequence
}

/// The same bytes without the zeros that they begin with.
pub(super) fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[start..]
}

/// Reads two whole numbers, neither of which is negative.
pub(super) fn read_two_numbers(mut text: &[u8]) -> Option<[&[u8]; 2]> {
    let mut sequence = read(&mut text, SEQUENCE)?;
    let mut number = || {
        let number = read(&mut sequence, INTEGER)?;
        number.first().filter(|byte| **byte < 0x80)?;
        Some(without_zeros(number))
    };
    let numbers = [number()?, number()?];
    (text.is_empty() && sequence.is_empty()).then_some(numbers)
}

/// Takes a `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7) apart: of which algorithm the key is, and the key.
pub(super) fn read_public_key(mut text: &[u8]) -> Option<(AlgorithmBytes<'_>, &[u8])> {
    let mut whole = read(&mut text, SEQUENCE)?;
    let algorithm = read(&mut whole, SEQUENCE)?;
    // All bits of the last byte belong to it.
    let key = read(&mut whole, BIT_STRING)?.strip_prefix(&[0])?;
    (text.is_empty() && whole.is_empty()).then_some((AlgorithmBytes(algorithm), key))
}

/// What says of which algorithm a key is.
pub(super) struct AlgorithmBytes<'a>(&'a [u8]);

impl AlgorithmBytes<'_> {
    pub(super) fn is(&self, algorithm: AlgorithmIdentifier) -> bool {
        self.0 == algorithm.as_ref()
    }
}

fn write(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    let length = content.len().to_be_bytes();
    let length = without_zeros(&length);
    match length {
        [] => out.push(0),
        [short @ 0..=0x7f] => out.push(*short),
        long => {
            // A length has eight bytes at most.
            out.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
}

/// Takes an element off the beginning of a text, and returns its content.
fn read<'a>(text: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let rest = text.strip_prefix(&[tag])?;
    let (length, rest) = match rest {
        [short @ 0..=0x7f, rest @ ..] => (usize::from(*short), rest),
        [0x81, length @ 0x80..=0xff, rest @ ..] => (usize::from(*length), rest),
        [0x82, high @ 1..=0xff, low, rest @ ..] => {
            (usize::from(*high) << 8 | usize::from(*low), rest)
        }
        // No key of ours is longer.
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    *text = rest;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::{read_public_key, read_two_numbers, two_numbers};

    #[test]
    fn numbers_are_as_short_as_can_be_and_have_no_sign() {
        assert_eq!(two_numbers(&[0, 0, 5], &[0x80]), [0x30, 7, 2, 1, 5, 2, 2, 0, 0x80]);
        assert_eq!(two_numbers(&[], &[0]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
        for length in [1, 126, 127, 128, 255, 256, 512, 1024] {
            let number = vec![0xab; length];
            let written = two_numbers(&number, &[3]);
            assert_eq!(read_two_numbers(&written), Some([&number[..], &[3]]), "{length}");
            for end in 0..written.len() {
                assert_eq!(read_two_numbers(&written[..end]), None);
            }
        }
    }

    #[test]
    fn what_is_no_key_is_told() {
        for text in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 0x81, 5], &[0x30, 2, 0x30, 5]] {
            assert!(read_public_key(text).is_none());
            assert!(read_two_numbers(text).is_none());
        }
        // A negative number.
        assert!(read_two_numbers(&[0x30, 6, 2, 1, 0x80, 2, 1, 3]).is_none());
    }
}
