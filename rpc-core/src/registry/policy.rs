//! What a server was told about permissions, and who is let by it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{Allow, CallContext, Identity};

/// What a server was told about permissions.
#[derive(Debug, Default)]
pub(super) struct Policy {
    /// Whether a function that says nothing needs an identity.
    pub(super) denies: AtomicBool,
    /// Whether callers are shown no more than they may call.
    pub(super) lists: AtomicBool,
    /// Whether a function that may not be called is answered for as one that does not exist.
    pub(super) hides: AtomicBool,
    /// Whether something finds out who calls.
    pub(super) identifies: AtomicBool,
    /// Who may ask what there is to call, where that was said.
    pub(super) system: Mutex<Option<Allow>>,
}

/// Nothing is guarded by these: they are set before the server starts.
pub(super) fn is(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}

impl Policy {
    /// Whether a function asks for anything.
    pub(super) fn guards(&self, allow: &Allow) -> bool {
        if allow.is_said() { !allow.is_for_anybody() } else { is(&self.denies) }
    }

    pub(super) fn lets(&self, allow: &Allow, context: &CallContext) -> bool {
        let identity = known(context);
        if allow.is_said() { allow.lets(identity) } else { identity.is_some() || !is(&self.denies) }
    }

    pub(super) fn system(&self) -> Allow {
        let system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        system.clone().unwrap_or(Allow::of(&[]))
    }
}

/// Who calls, as long as that holds.
pub(super) fn known(context: &CallContext) -> Option<&Identity> {
    let is_current = |it: &&Identity| it.expires().is_none_or(|time| SystemTime::now() < time);
    context.identity().filter(is_current)
}
