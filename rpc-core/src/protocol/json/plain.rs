//! Finds how much of a text needs no escape, many bytes at a time.

/// Counts the bytes before the first one a JSON string cannot hold plainly: a quote, a backslash
/// or a control character.
///
/// Names and short texts end within a few words; only long texts are worth blocks.
pub(crate) fn plain_prefix(bytes: &[u8]) -> usize {
    const NEAR: usize = 32;
    let mut at = plain_words(&bytes[..bytes.len().min(NEAR)]);
    if at < NEAR {
        return at;
    }
    for block in bytes[at..].as_chunks().0 {
        if !is_plain(block) {
            break;
        }
        at += block.len();
    }
    at + plain_words(&bytes[at..])
}

/// Whether no byte of a block is special: without a branch inside, and with nothing but smallest
/// bytes kept, so that compilers make a few vector instructions of it.
fn is_plain(block: &[u8; 256]) -> bool {
    const LANES: usize = 16;
    let [mut smallest, mut quotes, mut slashes] = [[u8::MAX; LANES]; 3];
    for bytes in block.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            smallest[lane] = smallest[lane].min(bytes[lane]);
            quotes[lane] = quotes[lane].min(bytes[lane] ^ b'"');
            slashes[lane] = slashes[lane].min(bytes[lane] ^ b'\\');
        }
    }
    let special = |lane: usize| {
        u8::from(smallest[lane] < 0x20) | u8::from(quotes[lane] == 0) | u8::from(slashes[lane] == 0)
    };
    (0..LANES).fold(0, |found, lane| found | special(lane)) == 0
}

/// Does the same eight bytes at a time, with the zero-byte test of Mycroft (1987): subtracting one
/// from every byte borrows into the high bit of the bytes that were zero.
fn plain_words(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes = word ^ (ONES * u64::from(b'"'));
        let slashes = word ^ (ONES * u64::from(b'\\'));
        let special = (quotes.wrapping_sub(ONES) & !quotes)
            | (slashes.wrapping_sub(ONES) & !slashes)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        // A borrow may mark bytes above the first that is special, never below it.
        if special & HIGH != 0 {
            return index * 8 + (special & HIGH).trailing_zeros() as usize / 8;
        }
    }
    bytes.len() - rest.len() + rest.iter().take_while(|byte| !is_special(**byte)).count()
}

/// Whether a JSON string cannot hold a byte plainly.
pub(super) fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..0x20)
}

#[cfg(test)]
mod tests {
    use super::plain_prefix;

    #[test]
    fn the_plain_prefix_ends_at_the_first_special_byte() {
        for length in (0..600).step_by(7) {
            for special in [b'"', b'\\', 0, 0x1f] {
                let mut bytes = vec![b'x'; length];
                bytes.push(special);
                bytes.extend([b'y'; 40]);
                assert_eq!(plain_prefix(&bytes), length);
                bytes.extend([b'y'; 600]);
                assert_eq!(plain_prefix(&bytes), length);
            }
            for plain in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
                assert_eq!(plain_prefix(&vec![plain; length]), length, "{plain:#x}");
            }
        }
    }
}
