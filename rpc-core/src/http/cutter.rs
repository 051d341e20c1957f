//! Finds the headers of HTTP/2 frames in bytes that may be cut anywhere (RFC 9113, section 4.1).

/// A frame's header: 3 bytes of length, its type, flags and stream.
const HEADER: usize = 9;

/// The types of frames that are told from others (section 6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const GOAWAY: u8 = 7;

/// What a frame's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) length: usize,
    pub(super) kind: u8,
    pub(super) stream: u32,
}

/// Remembers where in a frame the bytes end that have been looked at.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    /// Bytes until the next header.
    skip: usize,
    header: [u8; HEADER],
    /// How much of the header has come.
    known: usize,
}

impl Cutter {
    /// Begins before so many bytes that are no frame.
    pub(super) fn behind(preface: usize) -> Self {
        Self { skip: preface, ..Self::default() }
    }

    /// Takes bytes up to the end of the next header, and returns that; `None` where there is none whole.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Option<Header> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        *bytes = &bytes[skipped..];
        let count = (HEADER - self.known).min(bytes.len());
        self.header[self.known..self.known + count].copy_from_slice(&bytes[..count]);
        self.known += count;
        *bytes = &bytes[count..];
        if self.known < HEADER {
            return None;
        }
        self.known = 0;
        let [high, middle, low, kind, _, stream @ ..] = self.header;
        self.skip = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        // The first bit means nothing.
        let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
        Some(Header { length: self.skip, kind, stream })
    }

    /// Whether a frame ends where the bytes end that have been looked at.
    pub(super) fn is_between(&self) -> bool {
        self.skip == 0 && self.known == 0
    }
}

/// Appends a frame.
pub(super) fn put_frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::{Cutter, GOAWAY, HEADERS, Header, put_frame};

    #[test]
    fn headers_are_found_however_the_bytes_are_cut() {
        let mut bytes = b"before".to_vec();
        put_frame(&mut bytes, HEADERS, 4, 7, &[9; 300]);
        put_frame(&mut bytes, GOAWAY, 0, 0, &[]);
        let found = [(300, HEADERS, 7), (0, GOAWAY, 0)];
        let found = found.map(|(length, kind, stream)| Header { length, kind, stream });
        for piece in 1..bytes.len() {
            let mut cutter = Cutter::behind(6);
            let mut headers = Vec::new();
            for mut piece in bytes.chunks(piece) {
                headers.extend(std::iter::from_fn(|| cutter.next(&mut piece)));
            }
            assert_eq!(headers, found, "in pieces of {piece}");
            assert!(cutter.is_between());
        }
        let mut cutter = Cutter::behind(6);
        assert!(!cutter.is_between());
        assert_eq!(cutter.next(&mut &bytes[..20]), Some(found[0]));
        assert!(!cutter.is_between());
    }
}
