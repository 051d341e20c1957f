//! The streams of one connection: which are open, and how they end.

use std::collections::HashMap;
use std::time::Duration;

use crate::dialect::OfStream;
use crate::error::{Cut, CutKind};
use crate::json_rpc::Feed;
use crate::protocol::{Fault, code};
use crate::registry::{Inlet, Outlet};

/// The calls of a connection that answer with streams. Those are cut when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Streams(HashMap<String, Open>);

/// An open one: where items go, and where those of its upload come from.
#[derive(Debug)]
struct Open {
    outlet: Outlet,
    inlet: Option<Inlet>,
}

impl Open {
    /// Ends it; what is said to its caller and to its function.
    fn cut(&self, fault: Option<Fault>, kind: CutKind, why: &str) {
        // First, so that a function which is woken finds that nobody waits for it.
        self.outlet.cut(fault);
        if let Some(inlet) = &self.inlet {
            inlet.cut(Cut::new(kind, why));
        }
    }

    fn is_starved(&self) -> bool {
        self.outlet.is_starved() || self.inlet.as_ref().is_some_and(Inlet::is_starved)
    }
}

/// What the caller is told whose call has the id of an open stream.
const TWICE: &str =
    "a stream or an upload with this id is open on the connection; give each call an id of its own";

impl Streams {
    /// Takes note of a stream, if there are fewer than `limit`; what its caller is told otherwise.
    pub(super) fn open(&mut self, feed: Box<Feed>, limit: usize) -> Result<Box<Feed>, Vec<u8>> {
        self.0.retain(|_, open| !open.outlet.is_cut());
        if self.0.len() >= limit {
            return Err(feed.refuse(&too_many(limit)));
        }
        if self.0.contains_key(feed.id()) {
            return Err(feed.refuse(&Fault::invalid_request(TWICE).refusing()));
        }
        let open = Open { outlet: feed.outlet().clone(), inlet: feed.inlet().cloned() };
        self.0.insert(feed.id().to_owned(), open);
        Ok(feed)
    }

    /// Nobody wants more of a stream.
    pub(super) fn cancel(&mut self, id: &str) {
        if let Some(open) = self.0.remove(id) {
            open.cut(None, CutKind::Cancelled, "the caller has cancelled the call");
        }
    }

    /// Hears what the peer says of a stream or an upload; of one that has ended it may still be on its way.
    pub(super) fn hear(&self, id: &str, said: OfStream) {
        let Some(open) = self.0.get(id) else { return };
        match (said, &open.inlet) {
            (OfStream::Credit(total), _) => open.outlet.grant(total),
            (OfStream::Items(items), Some(inlet)) => inlet.receive(*items),
            (OfStream::End, Some(inlet)) => inlet.end(),
            (OfStream::Items(_) | OfStream::End, None) => {}
        }
    }

    /// The peer sends nothing more: no stream goes on. Where the server `stops`, their callers are told.
    pub(super) fn end(&mut self, stops: bool) {
        const STOPS: &str = "the server stops: the stream has ended before its function has";
        let (kind, why) = if stops {
            (CutKind::Stopping, "the server stops")
        } else {
            (CutKind::Gone, "the caller's connection has ended")
        };
        for (_, open) in self.0.drain() {
            let fault = Fault::new(code::SHUTTING_DOWN, STOPS).saying_may_have_run();
            open.cut(stops.then_some(fault), kind, why);
        }
    }

    /// Whether there is a stream that waits for something else than its caller.
    pub(super) fn are_busy(&self) -> bool {
        self.0.values().any(|open| !open.outlet.is_cut() && !open.is_starved())
    }

    /// Ends the streams whose callers have taken nothing for so long; whether there were any.
    pub(super) fn end_starved(&mut self, silence: Duration) -> bool {
        let before = self.0.len();
        self.0.retain(|_, open| {
            let is_starved = open.is_starved() && !open.outlet.is_cut();
            if is_starved {
                let done = if open.outlet.is_starved() { "taken" } else { "sent" };
                let message = format!(
                    "the caller has {done} no items for {silence:?}, the server's `idle_timeout`; the stream has ended"
                );
                let fault = Fault::new(code::TIMED_OUT, message.clone()).saying_may_have_run();
                open.cut(Some(fault), CutKind::TimedOut, &message);
            }
            !is_starved && !open.outlet.is_cut()
        });
        self.0.len() < before
    }
}

/// What the caller of one stream too many is told.
#[cold]
pub(crate) fn too_many(limit: usize) -> Fault {
    let message = format!(
        "the connection has {limit} streams open, and may have no more; let one end, use another connection, \
         or raise the server's `Limits::max_streams`"
    );
    Fault::new(code::OVERLOADED, message).refusing()
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.end(false);
    }
}
