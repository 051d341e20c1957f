//! Counts the frames of an HTTP/2 connection that ask for nothing, so that no peer sends them without end.

use std::sync::Arc;
use std::time::Instant;

use super::cutter::{Cutter, DATA, HEADERS, Header, RST_STREAM};
use super::streams::Streams;

/// What a connection begins with (RFC 9113, section 3.4).
const PREFACE: usize = 24;

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
    cutter: Cutter,
    /// How many more frames there may be.
    left: u32,
    /// Bytes written that have not been counted.
    written: usize,
    /// Since when more are allowed because time passes.
    since: Instant,
    /// The requests among them.
    pub(super) streams: Arc<Streams>,
}

impl Frames {
    pub(super) fn new(streams: &Arc<Streams>) -> Self {
        Self {
            cutter: Cutter::behind(PREFACE),
            left: AT_ONCE,
            written: 0,
            since: Instant::now(),
            streams: Arc::clone(streams),
        }
    }

    /// Takes note of bytes that have come, and says whether there may be such.
    pub(super) fn received(&mut self, mut bytes: &[u8]) -> bool {
        while let Some(header) = self.cutter.next(&mut bytes) {
            if !self.frame(header) {
                return false;
            }
        }
        true
    }

    /// Takes note of bytes written.
    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
        if self.written >= BYTES {
            self.allow(self.written / BYTES);
            self.written %= BYTES;
        }
    }

    fn frame(&mut self, Header { length, kind, stream }: Header) -> bool {
        match kind {
            HEADERS => {
                self.left = AT_ONCE.min(self.left + A_REQUEST);
                self.streams.opened(stream);
            }
            DATA if length >= BYTES => self.allow(length / BYTES),
            RST_STREAM if self.left > 0 => {
                self.left -= 1;
                self.streams.given_up(stream);
            }
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
    use super::{A_REQUEST, AT_ONCE, DATA, HEADERS, PREFACE};

    fn new() -> super::Frames {
        super::Frames::new(&std::sync::Arc::default())
    }

    const PING: u8 = 6;

    fn frame(kind: u8, length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, kind, 0, 0, 0, 0, 1];
        frame.resize(frame.len() + usize::from(length), 7);
        frame
    }

    /// How many pings are taken, in pieces of some bytes.
    fn pings(frames: &mut super::Frames, piece: usize) -> u32 {
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
            let mut frames = new();
            assert!(frames.received(&[0; PREFACE]));
            assert_eq!(pings(&mut frames, piece), AT_ONCE);
        }
    }

    /// A connection over which a peer has sent all the frames that it may send at one time.
    fn used_up() -> super::Frames {
        let mut frames = new();
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
