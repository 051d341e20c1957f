//! gzip (RFC 1952), in which the bodies of HTTP may come and go (feature `gzip`): within bounds both ways.

use std::io::Read;
use std::io::Write;

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::ProtocolError;
use super::memory::reserve;

/// How many times its size a text may grow to.
const RATIO: usize = 100;
/// Up to this size it may in any case.
const SMALL: usize = 1024 * 1024;
/// Texts below this size stay as they are: they are hardly more than a packet of the network, and making one smaller takes
/// longer than the call.
const LEAST: usize = 2048;

/// Of so many members one text may be: each costs as much as some kilobytes, and may hold nothing.
const MEMBERS: usize = 64;

/// Why a text was not restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotInflated {
    /// It is larger than may be.
    #[error(transparent)]
    TooLarge(ProtocolError),
    /// It grows as no text does that somebody wrote.
    #[error(
        "a body of {size} bytes in gzip is more than {RATIO} times as large when it is inflated; \
         send it as it is"
    )]
    Suspicious {
        /// Bytes that came.
        size: usize,
    },
    /// It is in more parts than somebody makes.
    #[error("a body in gzip has {MEMBERS} members at most; send it as one")]
    Scattered,
    /// There is no memory for more of it.
    #[error("there is no memory for more of the body")]
    NoMemory,
    /// It is not gzip.
    #[error("the body is not gzip: {0}")]
    Broken(String),
}

/// Restores a text that nobody asked for, which has `limit` bytes at most and grows as texts do; `has_room` is asked
/// whether so many bytes may be taken for it.
pub(crate) fn inflate(
    bytes: &[u8],
    limit: usize,
    has_room: impl FnMut(usize) -> bool,
) -> Result<Vec<u8>, NotInflated> {
    let most = bytes.len().saturating_mul(RATIO).max(SMALL);
    inflate_within(bytes, limit, most, has_room)
}

/// Restores a text that was asked for, which has `limit` bytes at most: a list of zeros is one, too.
pub(crate) fn inflate_reply(bytes: &[u8], limit: usize) -> Result<Vec<u8>, NotInflated> {
    inflate_within(bytes, limit, limit, |_| true)
}

fn inflate_within(
    bytes: &[u8],
    limit: usize,
    most: usize,
    mut has_room: impl FnMut(usize) -> bool,
) -> Result<Vec<u8>, NotInflated> {
    let (size, most) = (bytes.len(), limit.min(most));
    let (mut decoder, mut members) = (GzDecoder::new(bytes), 1);
    let (mut text, mut room) = (Vec::new(), vec![0; 16 * 1024]);
    while text.len() <= most {
        let count = match decoder.read(&mut room) {
            Ok(0) => match decoder.into_inner() {
                [] => return Ok(text),
                _ if members == MEMBERS => return Err(NotInflated::Scattered),
                rest => {
                    (decoder, members) = (GzDecoder::new(rest), members + 1);
                    continue;
                }
            },
            Ok(count) => count,
            Err(error) => return Err(NotInflated::Broken(error.to_string())),
        };
        let needed = text.len() + count;
        if needed > text.capacity() {
            let wanted = needed.max(2 * text.capacity());
            let more = wanted - text.len();
            if !has_room(wanted) || !reserve(&mut text, more) {
                return Err(NotInflated::NoMemory);
            }
        }
        text.extend_from_slice(room.get(..count).unwrap_or_default());
    }
    if most < limit {
        return Err(NotInflated::Suspicious { size });
    }
    // How much more would come is not looked at.
    Err(NotInflated::TooLarge(ProtocolError::TooLarge { size: most + 1, limit }))
}

/// Whether a text is so long that it is to be made smaller.
pub(crate) fn is_worth_it(text: &[u8]) -> bool {
    text.len() >= LEAST
}

/// Makes a text smaller; `None` where that is not possible.
pub(crate) fn deflate(text: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    encoder.write_all(text).ok()?;
    encoder.finish().ok().filter(|bytes| bytes.len() < text.len())
}

#[cfg(test)]
mod tests {
    use super::{NotInflated, ProtocolError, deflate, inflate_reply, is_worth_it};

    fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, NotInflated> {
        super::inflate(bytes, limit, |_| true)
    }

    #[test]
    fn what_was_made_smaller_is_restored() {
        let text = "a text that is like itself, ".repeat(1000).into_bytes();
        let bytes = deflate(&text).unwrap();
        assert!(bytes.len() < text.len() / 10);
        assert_eq!(inflate(&bytes, text.len()).as_ref(), Ok(&text));
        // Several members are one text (RFC 1952, section 2.2).
        assert_eq!(inflate(&[&bytes[..], &bytes].concat(), 1 << 20), Ok(text.repeat(2)));
        let limit = text.len() - 1;
        let too_large = ProtocolError::TooLarge { size: limit + 1, limit };
        assert_eq!(inflate(&bytes, limit), Err(NotInflated::TooLarge(too_large)));
        assert!(deflate(b"short").is_none() && !is_worth_it(&text[..2047]) && is_worth_it(&text));
        let mut noise = 1_u32;
        let noise = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        });
        assert_eq!(deflate(&noise.take(4096).collect::<Vec<_>>()), None);
    }

    #[test]
    fn bombs_and_broken_texts_are_refused() {
        let bomb = deflate(&vec![b'0'; 10 << 20]).unwrap();
        let size = bomb.len();
        assert!(size < 100_000, "{size}");
        assert_eq!(inflate(&bomb, 10 << 20), Err(NotInflated::Suspicious { size }));
        assert!(inflate_reply(&bomb, 10 << 20).is_ok());
        assert!(matches!(inflate(&bomb, 1 << 20), Err(NotInflated::TooLarge(_))));
        let small = deflate(&vec![b'0'; 1 << 20]).unwrap();
        assert_eq!(inflate(&small, 10 << 20).map(|text| text.len()), Ok(1 << 20));
        let small = deflate(&[b'0'; 10_000]).unwrap();
        for at in 0..small.len() {
            let cut = inflate(&small[..at], 10 << 20);
            assert!(matches!(cut, Err(NotInflated::Broken(_))), "{at}: {cut:?}");
        }
        let mut changed = small.clone();
        let last = changed.len() - 5;
        changed[last] ^= 1;
        assert!(matches!(inflate(&changed, 10 << 20), Err(NotInflated::Broken(_))));
        assert!(matches!(inflate(b"{}", 10), Err(NotInflated::Broken(_))));
        assert!(matches!(
            inflate(&[&small[..], b"x"].concat(), 2 << 20),
            Err(NotInflated::Broken(_))
        ));
    }

    #[test]
    fn a_text_is_of_so_many_members() {
        use super::MEMBERS;
        let empty = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let last = deflate(&[b'0'; 10_000]).unwrap();
        let of = |members: usize| [&empty.repeat(members - 1)[..], &last].concat();
        assert_eq!(inflate(&of(MEMBERS), 1 << 20).map(|text| text.len()), Ok(10_000));
        for more in [MEMBERS + 1, 1000] {
            assert_eq!(inflate(&of(more), 1 << 20), Err(NotInflated::Scattered));
        }
    }

    #[test]
    fn it_takes_no_more_than_there_is_room_for() {
        let text = deflate(&vec![b'0'; 1 << 20]).unwrap();
        let mut asked = Vec::new();
        let restored = super::inflate(&text, 10 << 20, |size| {
            asked.push(size);
            size <= 1 << 18
        });
        assert_eq!(restored, Err(NotInflated::NoMemory));
        assert!(asked.windows(2).all(|two| two[0] < two[1]) && asked.len() > 3, "{asked:?}");
    }
}
