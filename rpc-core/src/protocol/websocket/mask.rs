//! Masking (RFC 6455, section 5.3): what keeps a web page from choosing the bytes it sends.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Masks a payload, or takes its mask off, where it stands.
pub(super) fn mask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

/// A key that nobody can foretell: a keyed hash, whose keys the operating system has made up.
pub(super) fn fresh_key() -> [u8; 4] {
    let [a, b, c, d, ..] = RandomState::new().hash_one(0_u8).to_ne_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::{fresh_key, mask};

    #[test]
    fn words_are_masked_as_bytes_are() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for length in 0..70_usize {
            let payload: Vec<u8> = (0..=255).cycle().take(length).collect();
            let by_bytes: Vec<u8> =
                payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect();
            let mut masked = payload.clone();
            mask(&mut masked, key);
            assert_eq!(masked, by_bytes);
            mask(&mut masked, key);
            assert_eq!(masked, payload);
        }
    }

    #[test]
    fn keys_differ() {
        let keys: std::collections::HashSet<_> = (0..1000).map(|_| fresh_key()).collect();
        assert!(keys.len() > 990);
    }
}
