//! Counts the frames of an HTTP/2 connection that ask for nothing, so that no peer sends them without end.

use std::time::Instant;

/// What a connection begins with (RFC 9113, section 3.4).
const PREFACE: usize = 24;
/// A frame's header: 3 bytes of length, its type, flags and stream (section 4.1).
const HEADER: usize = 9;
/// The types of frames that carry requests (sections 6.1 and 6.2).
const DATA: u8 = 0;
const HEADERS: u8 = 1;

/// Frames beside requests that a peer may send at one time, and how many more a second.
const AT_ONCE: u32 = 4096;
const A_SECOND: u64 = 128;
/// How many each request brings along.
const A_REQUEST: u32 = 16;
/// For so many bytes in either direction there is one more, which makes room for as many.
const BYTES: usize = 1024;

/// The frames that come over a connection: PING, SETTINGS, PRIORITY, WINDOW_UPDATE and what else is no
/// part of a request costs the server time, and a peer can send a million a second of them. Those who
/// make calls have a few for each, and for each kilobyte.
#[derive(Debug)]
pub(super) struct Frames {
    /// Bytes until the next header.
    skip: usize,
    header: [u8; HEADER],
    /// How much of the header has come.
    known: usize,
    /// How many more frames there may be.
    left: u32,
    /// Bytes written that have not been counted.
    written: usize,
    /// Since when more are allowed because time passes.
    since: Instant,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self {
            skip: PREFACE,
            header: [0; HEADER],
            known: 0,
            left: AT_ONCE,
            written: 0,
            since: Instant::now(),
        }
    }

    /// Takes note of bytes that have come, and says whether there may be such.
    pub(super) fn received(&mut self, mut bytes: &[u8]) -> bool {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if bytes.is_empty() {
                return true;
            }
            let count = (HEADER - self.known).min(bytes.len());
            self.header[self.known..self.known + count].copy_from_slice(&bytes[..count]);
            self.known += count;
            bytes = &bytes[count..];
            if self.known == HEADER {
                self.known = 0;
                let [high, middle, low, kind, ..] = self.header;
                self.skip = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                if !self.frame(kind) {
                    return false;
                }
            }
        }
    }

    /// Takes note of bytes written.
    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
        if self.written >= BYTES {
            self.allow(self.written / BYTES);
            self.written %= BYTES;
        }
    }

    fn frame(&mut self, kind: u8) -> bool {
        match kind {
            HEADERS => self.left = AT_ONCE.min(self.left + A_REQUEST),
            DATA if self.skip >= BYTES => self.allow(self.skip / BYTES),
            _ if self.left > 0 => self.left -= 1,
            _ => return self.is_time_left(),
        }
        true
    }

    fn allow(&mut self, count: usize) {
        self.left = AT_ONCE.min(self.left.saturating_add(u32::try_from(count).unwrap_or(AT_ONCE)));
    }

    /// Gives as many as the time since the last time makes room for.
    #[cold]
    fn is_time_left(&mut self) -> bool {
        let now = Instant::now();
        let passed = (now - self.since).as_secs();
        if passed > 0 {
            self.since = now;
        }
        self.allow(usize::try_from(passed * A_SECOND).unwrap_or(usize::MAX));
        self.left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::{A_REQUEST, AT_ONCE, DATA, Frames, HEADERS, PREFACE};

    const PING: u8 = 6;

    fn frame(kind: u8, length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, kind, 0, 0, 0, 0, 1];
        frame.resize(frame.len() + usize::from(length), 7);
        frame
    }

    /// How many pings are taken, in pieces of some bytes.
    fn pings(frames: &mut Frames, piece: usize) -> u32 {
        let ping = frame(PING, 8);
        (0..2 * AT_ONCE)
            .take_while(|_| ping.chunks(piece).all(|piece| frames.received(piece)))
            .count()
            .try_into()
            .unwrap_or(u32::MAX)
    }

    #[test]
    fn a_flood_ends_however_it_is_cut() {
        for piece in [1, 3, 9, 17] {
            let mut frames = Frames::new();
            assert!(frames.received(&[0; PREFACE]));
            assert_eq!(pings(&mut frames, piece), AT_ONCE);
        }
    }

    /// A connection over which a peer has sent all the frames that it may send at one time.
    fn used_up() -> Frames {
        let mut frames = Frames::new();
        assert!(frames.received(&[0; PREFACE]));
        for _ in 0..AT_ONCE {
            assert!(frames.received(&frame(PING, 8)));
        }
        frames
    }

    #[test]
    fn requests_and_bytes_bring_frames_along() {
        assert_eq!(pings(&mut used_up(), 17), 0);
        let mut frames = used_up();
        assert!(frames.received(&frame(HEADERS, 40)));
        assert_eq!(pings(&mut frames, 17), A_REQUEST);
        let mut frames = used_up();
        frames.wrote(10 * 1024);
        assert_eq!(pings(&mut frames, 17), 10);
        // A short body brings none, and takes none that is not there.
        assert!(!used_up().received(&frame(DATA, 10)));
    }
}
