//! The requests of an HTTP/2 connection that wait for their responses, for whoever ends it without them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cutter::{Cutter, DATA, GOAWAY, HEADERS, RST_STREAM, put_frame};

/// Why a connection is ended (RFC 9113, section 7).
#[derive(Debug, Clone, Copy)]
pub(super) enum Reason {
    /// The server stops.
    None = 0,
    /// The peer sends what costs much and asks for nothing.
    EnhanceYourCalm = 0xb,
}

/// The flags of frames (sections 6.1 and 6.2).
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// What is under way on a connection, as its frames tell.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The last stream that the peer has opened.
    last: u32,
    /// Those whose response has not begun.
    waiting: Vec<u32>,
    written: Cutter,
    /// Whether somebody has said the last words, so that nothing else is written.
    is_over: bool,
}

/// What a connection's frames are written under, so that nobody writes between.
pub(super) struct Writing<'s>(MutexGuard<'s, State>);

impl Streams {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of headers that have come; those behind a body open no stream.
    pub(super) fn opened(&self, stream: u32) {
        let mut state = self.lock();
        if stream > state.last {
            state.last = stream;
            state.waiting.push(stream);
        }
    }

    /// Whether there are requests whose response has not begun.
    pub(super) fn are_waiting(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    /// Takes note that the peer has given a request up.
    pub(super) fn given_up(&self, stream: u32) {
        self.lock().waiting.retain(|waiting| *waiting != stream);
    }

    /// Begins to write; `None` where nothing is written any more.
    pub(super) fn write(&self) -> Option<Writing<'_>> {
        let state = self.lock();
        (!state.is_over).then_some(Writing(state))
    }

    /// What is said to a peer whose connection is ended for this reason; empty where a frame is half written,
    /// or it has been said. Nothing else is written from here on.
    pub(super) fn end(&self, reason: Reason) -> Vec<u8> {
        let mut words = Vec::new();
        self.lock().end(reason, &mut words);
        words
    }

    /// The same of a server that stops: each request that waits is answered 503 with this body.
    pub(super) fn cut_off(&self, body: &[u8]) -> Vec<u8> {
        let mut words = Vec::new();
        let mut state = self.lock();
        if !state.is_over && state.written.is_between() {
            for stream in &state.waiting {
                put_frame(&mut words, HEADERS, END_HEADERS, *stream, UNAVAILABLE);
                put_frame(&mut words, DATA, END_STREAM, *stream, body);
            }
        }
        state.end(Reason::None, &mut words);
        words
    }
}

impl State {
    fn end(&mut self, reason: Reason, words: &mut Vec<u8>) {
        let was_over = std::mem::replace(&mut self.is_over, true);
        if !was_over && self.written.is_between() {
            let payload = [self.last.to_be_bytes(), (reason as u32).to_be_bytes()].concat();
            put_frame(words, GOAWAY, 0, 0, &payload);
        }
    }
}

impl Writing<'_> {
    /// Takes note of bytes that have been written.
    pub(super) fn wrote(&mut self, mut bytes: &[u8]) {
        let state = &mut *self.0;
        while let Some(header) = state.written.next(&mut bytes) {
            if matches!(header.kind, HEADERS | RST_STREAM) {
                state.waiting.retain(|waiting| *waiting != header.stream);
            }
        }
    }
}

/// `:status: 503` and `content-type: application/json`, in fields that touch no table (RFC 7541, section 6.2.2
/// and appendix A).
const UNAVAILABLE: &[u8] = b"\x08\x03503\x0f\x10\x10application/json";

#[cfg(test)]
mod tests {
    use super::{HEADERS, Reason, Streams, put_frame};

    fn response(stream: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_frame(&mut bytes, HEADERS, 4, stream, b"\x88");
        bytes
    }

    #[test]
    fn those_whose_response_has_not_begun_are_told() {
        let streams = Streams::default();
        for stream in [1, 3, 5, 3, 7] {
            streams.opened(stream);
        }
        streams.given_up(5);
        streams.write().unwrap().wrote(&response(1));
        let words = streams.cut_off(b"{}");
        let heads = words.windows(6).filter(|six| matches!(six, [HEADERS, 4, 0, 0, 0, 3 | 7]));
        assert_eq!(heads.count(), 2, "{words:?}");
        assert!(words.ends_with(b"\0\0\x08\x07\0\0\0\0\0\0\0\0\x07\0\0\0\0"), "{words:?}");
        // It is said once, and nobody says anything behind it.
        assert_eq!(streams.cut_off(b"{}"), b"");
        assert!(streams.write().is_none());
    }

    #[test]
    fn nothing_is_said_within_a_frame() {
        let streams = Streams::default();
        streams.opened(1);
        let half = response(1);
        streams.write().unwrap().wrote(&half[..half.len() - 1]);
        assert_eq!(streams.end(Reason::EnhanceYourCalm), b"");
        let streams = Streams::default();
        assert!(streams.end(Reason::EnhanceYourCalm).ends_with(b"\0\0\0\x0b"));
    }
}
