//! How large a reply may be and how many calls a message may run, alone or together with others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::protocol::json::Reader;
use crate::protocol::{Fault, Limits, code};

/// What is set aside for each reply of a batch, so that one which is too large can be refused.
const SET_ASIDE: usize = 256;

/// How large a reply may be.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    limit: usize,
    /// How many levels of nesting the reply may have, its own included.
    levels: usize,
    /// What the replies of a batch take from.
    shared: Option<Arc<Shared>>,
}

/// What is left for those of one message.
#[derive(Debug)]
struct Shared {
    /// Bytes, beyond what is set aside for each reply.
    bytes: AtomicUsize,
    /// Calls.
    calls: AtomicUsize,
}

impl Budget {
    /// That of one reply.
    #[inline]
    pub(super) fn of_message(limits: &Limits) -> Self {
        let levels = limits.max_depth.min(Limits::MAX_DEPTH);
        Self { limit: limits.max_message_bytes, levels, shared: None }
    }

    /// That of so many replies within this one, as many levels deeper. They take from it as they come.
    pub(super) fn of_parts(&self, calls: usize, limits: &Limits, deeper: usize) -> Self {
        let bytes = limits.max_message_bytes.saturating_sub(calls.saturating_mul(SET_ASIDE));
        let calls = limits.max_batch_calls.saturating_sub(calls);
        let shared = Shared { bytes: AtomicUsize::new(bytes), calls: AtomicUsize::new(calls) };
        let levels = self.levels.saturating_sub(deeper);
        Self { limit: limits.max_message_bytes, levels, shared: Some(Arc::new(shared)) }
    }

    /// The same for a dialect with a further level around results.
    #[cfg(any(feature = "xmlrpc", feature = "mcp"))]
    pub(super) fn deeper(self) -> Self {
        Self { levels: self.levels.saturating_sub(1), ..self }
    }

    /// How many levels of nesting a result may not take of those there are.
    #[inline]
    pub(super) fn outer(&self) -> u8 {
        let outer = (Limits::MAX_DEPTH + 1).saturating_sub(self.levels).min(Limits::MAX_DEPTH);
        u8::try_from(outer).unwrap_or(u8::MAX)
    }

    /// Takes so many calls that stand in one, if they are there; otherwise says how many are.
    pub(super) fn takes_calls(&self, calls: usize, limits: &Limits) -> Result<(), usize> {
        match &self.shared {
            None if calls <= limits.max_batch_calls => Ok(()),
            None => Err(limits.max_batch_calls),
            Some(shared) => {
                // The one that they stand in is counted already.
                let more = calls.saturating_sub(1);
                let take = |left: usize| left.checked_sub(more);
                let taken = shared.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
                taken.map(drop).map_err(|left| left + 1)
            }
        }
    }

    /// Whether others take from it.
    pub(super) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// As many bytes a reply may have, were it alone.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes what a reply needs, if it is there.
    pub(super) fn takes(&self, size: usize) -> bool {
        match &self.shared {
            None => size <= self.limit,
            Some(shared) => {
                let more = size.saturating_sub(SET_ASIDE);
                let take = |left: usize| left.checked_sub(more);
                let bytes = &shared.bytes;
                more == 0 || bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
            }
        }
    }

    /// The fault in place of a result that is too large.
    #[cold]
    pub(super) fn refusal(&self, method: &str, size: usize) -> Fault {
        let (method, limit) = (start_of(method), self.limit);
        let message = match self.shared {
            None => format!(
                "`{method}` has run, but its reply takes {size} bytes, over the limit of {limit}; \
                 ask for less, or raise `Limits::max_message_bytes`"
            ),
            Some(_) => format!(
                "`{method}` has run, but its reply of {size} bytes finds no room: those of a batch \
                 take {limit} together; ask for fewer at a time, or raise `Limits::max_message_bytes`"
            ),
        };
        Fault::new(code::REPLY_TOO_LARGE, message)
    }

    /// The fault in place of one that takes so many bytes and finds no room.
    #[cold]
    pub(super) fn refusal_of(&self, fault: &Fault, method: &str, size: usize) -> Fault {
        let of = match self.shared {
            None => "over the limit of",
            Some(_) => "and finds no room: those of a batch take together",
        };
        Self::instead(
            fault,
            method,
            &format!("takes {size} bytes, {of} {} (`Limits::max_message_bytes`)", self.limit),
        )
    }

    /// The fault in place of one whose data nests too deep to be sent, if it does.
    pub(super) fn too_deep(&self, fault: &Fault, method: &str) -> Option<Fault> {
        let levels = self.levels.saturating_sub(2);
        let data = fault.data().filter(|data| data.len() > 2 * levels)?;
        Reader::new(data, levels).value().err()?;
        let problem = format!(
            "nests its data deeper than {levels} levels, which is what `Limits::max_depth` leaves"
        );
        Some(Self::instead(fault, method, &problem))
    }

    fn instead(fault: &Fault, method: &str, problem: &str) -> Fault {
        let (method, number) = (start_of(method), fault.code());
        if code::is_refusal(number) {
            return Fault::new(
                number,
                format!("`{method}` was refused, but what is to say {problem}"),
            );
        }
        Fault::new(
            code::REPLY_TOO_LARGE,
            format!("`{method}` has run and failed (code {number}), but its error {problem}"),
        )
    }
}

/// As much of a name as fits a sentence: its length may be a peer's choice.
fn start_of(method: &str) -> &str {
    method.char_indices().nth(60).map_or(method, |(end, _)| &method[..end])
}
