//! The subscriptions of a connection, by which their callers end them.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dialect::Dialect;
use crate::protocol::Credit;

use super::{CallContext, Outlet};

/// Calls of a connection that are answered with the id of a subscription, by that id.
#[derive(Default)]
pub(crate) struct Subscriptions(Mutex<HashMap<u64, Outlet>>);

impl Subscriptions {
    /// Takes note of where the items of one go, and gives it an id: below 2^53, which is as far as numbers of
    /// JavaScript go. It is no id of an earlier connection, whose caller may still ask to end that.
    fn open(&self, outlet: &Outlet) -> u64 {
        let mut open = self.lock();
        open.retain(|_, outlet| !outlet.is_cut());
        loop {
            let id = RandomState::new().build_hasher().finish() >> 11;
            if let Entry::Vacant(place) = open.entry(id) {
                place.insert(outlet.clone());
                return id;
            }
        }
    }

    /// Ends one; whether it was open.
    pub(super) fn end(&self, id: u64) -> bool {
        let outlet = self.lock().remove(&id);
        let is_open = outlet.as_ref().is_some_and(|outlet| !outlet.is_cut());
        if let Some(outlet) = outlet {
            outlet.cut(None);
        }
        is_open
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Outlet>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a call is answered with a subscription.
pub(crate) struct Subscription {
    /// What the notifications are called.
    pub(crate) notification: &'static str,
    /// Whether its caller is told of the end as such, and not as of an error.
    pub(crate) says_end: bool,
    on: Arc<Subscriptions>,
}

impl Subscription {
    /// The subscription that a call with this context can be answered with, if it came in JSON-RPC, and over a
    /// connection on which its caller hears what it has not asked for.
    pub(super) fn of(notification: &'static str, context: &CallContext) -> Option<Self> {
        let caller = context.caller()?;
        if context.protocol() != Dialect::JsonRpc.name() || caller.is_of_request() {
            return None;
        }
        let on = caller.connection()?.values.get_or_init(Subscriptions::default);
        Some(Self { notification, says_end: context.get::<Credit>().is_some(), on })
    }

    /// Begins it with an id, which is returned.
    pub(crate) fn begin(&self, outlet: &Outlet) -> u64 {
        self.on.open(outlet)
    }
}
