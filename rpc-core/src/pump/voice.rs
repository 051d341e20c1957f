//! How a peer is told something by somebody who does not serve its connection.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::dialect::Dialect;
use crate::protocol::websocket::{self, Close, Side, write_close};
use crate::protocol::{Connection, Fault, Framing, code};

/// How the last words of a connection are said, for whoever stops the server while the thread that
/// serves the connection is at a function that does not end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Voice(Arc<Said>);

#[derive(Default)]
struct Said {
    /// How it is said, by its number.
    how: AtomicU8,
    /// Who says it, where requests come side by side.
    #[cfg(feature = "http")]
    by: OnceLock<Box<Say>>,
}

/// Makes bytes of the body of the last words.
#[cfg(feature = "http")]
type Say = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said").field("how", &self.how).finish_non_exhaustive()
    }
}

/// Nothing can be said: the peer has said nothing yet, or is being written to.
const NONE: u8 = 0;
/// A request of HTTP/1 waits for its response.
#[cfg(feature = "http")]
const REQUEST: u8 = 1;
/// From here on the framings, two numbers for each: in the native dialect, and in JSON-RPC.
const FRAMINGS: [(u8, Framing); 4] =
    [(2, Framing::LengthPrefix), (4, Framing::Raw), (6, Framing::Header), (8, Framing::WebSocket)];

impl Voice {
    /// Takes note of how the peer speaks, when its first message has come.
    #[cold]
    pub(crate) fn learn(&self, connection: &Connection, message: &[u8]) {
        const ENOUGH: usize = 512;
        let Some(framing) = connection.framing() else {
            return;
        };
        let is_json_rpc = matches!(framing, Framing::Header | Framing::WebSocket)
            || Dialect::meant_by(&message[..message.len().min(ENOUGH)]) == Dialect::JsonRpc;
        if let Some((number, _)) = FRAMINGS.iter().find(|(_, known)| *known == framing) {
            self.0.how.store(number + u8::from(is_json_rpc), Ordering::Release);
        }
    }

    /// Takes note of whether a request of HTTP/1 waits for its response.
    #[cfg(feature = "http")]
    pub(crate) fn owe_response(&self, owes: bool) {
        self.0.how.store(if owes { REQUEST } else { NONE }, Ordering::Release);
    }

    /// Has the body of the last words made into bytes by somebody who knows which requests wait.
    #[cfg(feature = "http")]
    pub(crate) fn speak_by(&self, say: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) {
        // A connection becomes one of HTTP/2 once.
        let _ = self.0.by.set(Box::new(say));
    }

    /// Says nothing until what is returned is given to [`resume`](Self::resume): a message is half
    /// written.
    #[cfg(feature = "tokio")]
    pub(super) fn pause(&self) -> Paused {
        Paused(self.0.how.swap(NONE, Ordering::AcqRel))
    }

    /// May be used again.
    #[cfg(feature = "tokio")]
    pub(super) fn resume(&self, Paused(before): Paused) {
        self.0.how.store(before, Ordering::Release);
    }

    /// What is said to a peer whose calls are cut off; empty where nothing can be said. Asked once.
    pub(crate) fn last_words(&self) -> Vec<u8> {
        let mut words = Vec::new();
        let number = self.0.how.swap(NONE, Ordering::AcqRel);
        #[cfg(feature = "http")]
        if let Some(say) = self.0.by.get() {
            return say(&body());
        }
        #[cfg(feature = "http")]
        if number == REQUEST {
            let body = body();
            let head = format!(
                "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            words.extend_from_slice(head.as_bytes());
            words.extend_from_slice(&body);
            return words;
        }
        let Some((_, framing)) = FRAMINGS.iter().find(|(known, _)| number & !1 == *known) else {
            return words;
        };
        let dialect = if number & 1 == 1 { Dialect::JsonRpc } else { Dialect::Native };
        framing.begin(&mut words);
        dialect.write_fault(&mut words, None, &cut_off());
        framing.end(&mut words, 0);
        if *framing == Framing::WebSocket {
            let close = Close::with(websocket::code::GOING_AWAY);
            write_close(&mut words, Side::Server, &close);
        }
        words
    }
}

/// What [`Voice::pause`] found.
#[cfg(feature = "tokio")]
pub(super) struct Paused(u8);

/// The same as the body of a response.
#[cfg(feature = "http")]
fn body() -> Vec<u8> {
    let mut body = Vec::new();
    Dialect::JsonRpc.write_fault(&mut body, None, &cut_off());
    body
}

/// The fault of the calls that a server does not wait for any more.
fn cut_off() -> Fault {
    const SAID: &str = "the server stops, and has waited for running calls as long as its `stop_timeout` \
                        allows; calls without a reply may have run";
    Fault::new(code::SHUTTING_DOWN, SAID).saying_may_have_run()
}
