//! gzip (RFC 1952), in which the bodies of HTTP may come and go (feature `gzip`): within bounds both ways.

use std::io::Read;
use std::io::Write;

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::ProtocolError;

/// How many times its size a text may grow to.
const RATIO: usize = 100;
/// Up to this size it may in any case.
const SMALL: usize = 1024 * 1024;
/// Texts below this size stay as they are: they are hardly more than a packet of the network, and making one smaller takes
/// longer than the call.
const LEAST: usize = 2048;

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
    /// It is not gzip.
    #[error("the body is not gzip: {0}")]
    Broken(String),
}

/// Restores a text that nobody asked for, which has `limit` bytes at most and grows as texts do.
pub(crate) fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, NotInflated> {
    let most = bytes.len().saturating_mul(RATIO).max(SMALL);
    inflate_within(bytes, limit, most)
}

/// Restores a text that was asked for, which has `limit` bytes at most: a list of zeros is one, too.
pub(crate) fn inflate_reply(bytes: &[u8], limit: usize) -> Result<Vec<u8>, NotInflated> {
    inflate_within(bytes, limit, limit)
}

fn inflate_within(bytes: &[u8], limit: usize, most: usize) -> Result<Vec<u8>, NotInflated> {
    let (size, most) = (bytes.len(), limit.min(most));
    let mut text = Vec::new();
    let stop = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(bytes).take(stop).read_to_end(&mut text);
    read.map_err(|error| NotInflated::Broken(error.to_string()))?;
    if text.len() <= most {
        Ok(text)
    } else if most < limit {
        Err(NotInflated::Suspicious { size })
    } else {
        Err(NotInflated::TooLarge(ProtocolError::TooLarge { size: text.len(), limit }))
    }
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
    use super::{NotInflated, ProtocolError, deflate, inflate, inflate_reply, is_worth_it};

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
}
