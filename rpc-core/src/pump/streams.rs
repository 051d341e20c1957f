//! The streams of one connection: which are open, and how they end.

use std::collections::HashMap;
use std::time::Duration;

use crate::json_rpc::Feed;
use crate::protocol::{Credit, Fault, code};
use crate::registry::Outlet;

/// The calls of a connection that answer with streams. Those are cut when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Streams(HashMap<String, Outlet>);

impl Streams {
    /// Takes note of a stream, if there are fewer than `limit`; what its caller is told otherwise.
    pub(super) fn open(&mut self, feed: Box<Feed>, limit: usize) -> Result<Box<Feed>, Vec<u8>> {
        self.0.retain(|_, outlet| !outlet.is_cut());
        if self.0.len() >= limit {
            return Err(feed.refuse(&too_many(limit)));
        }
        self.0.insert(feed.id().to_owned(), feed.outlet().clone());
        Ok(feed)
    }

    /// There is room for more of a stream, if it is still open.
    pub(super) fn grant(&self, id: &str, total: Credit) {
        if let Some(outlet) = self.0.get(id) {
            outlet.grant(total);
        }
    }

    /// Nobody wants more of a stream.
    pub(super) fn cancel(&mut self, id: &str) {
        if let Some(outlet) = self.0.remove(id) {
            outlet.cut(None);
        }
    }

    /// The peer sends nothing more: no stream goes on. Where the server `stops`, their callers are told.
    pub(super) fn end(&mut self, stops: bool) {
        const STOPS: &str = "the server stops: the stream has ended before its function has";
        for (_, outlet) in self.0.drain() {
            let fault = Fault::new(code::SHUTTING_DOWN, STOPS).saying_may_have_run();
            outlet.cut(stops.then_some(fault));
        }
    }

    /// Whether there is a stream that waits for something else than its caller.
    pub(super) fn are_busy(&self) -> bool {
        self.0.values().any(|outlet| !outlet.is_cut() && !outlet.is_starved())
    }

    /// Ends the streams whose callers have taken nothing for so long; whether there were any.
    pub(super) fn end_starved(&mut self, silence: Duration) -> bool {
        let before = self.0.len();
        self.0.retain(|_, outlet| {
            let is_starved = outlet.is_starved() && !outlet.is_cut();
            if is_starved {
                let message = format!(
                    "the caller has taken no items for {silence:?}, the server's `idle_timeout`; the stream has ended"
                );
                outlet.cut(Some(Fault::new(code::TIMED_OUT, message).saying_may_have_run()));
            }
            !is_starved && !outlet.is_cut()
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
