//! What the reply of a call that outlives its message needs to know.

use std::sync::Arc;

use crate::dialect::{Dialect, Request, notification};
use crate::protocol::Fault;
use crate::registry::{Ended, Source, Subscription, Whence, tell_of_panic};

use super::budget::Budget;
use super::caller_limits::InFlight;
use super::hook::Watch;

/// The subscription that a call is answered with.
pub(super) struct Notifies {
    pub(super) id: u64,
    pub(super) subscription: Subscription,
}

impl Notifies {
    /// Begins the subscription that there can be.
    pub(super) fn begin(source: &mut Source) -> Option<Self> {
        let subscription = source.subscription.take()?;
        let id = subscription.begin(&source.outlet);
        source.outlet.notify(notification::item_head(subscription.notification, id));
        Some(Self { id, subscription })
    }
}

/// Puts the reply of a call together that has outlived its message.
pub(super) struct Aside {
    dialect: Dialect,
    id: Option<String>,
    method: Arc<str>,
    /// What the ping dialect calls the reply.
    name: String,
    wants_reply: bool,
    budget: Budget,
    whence: Option<Whence>,
    /// Who is told how the call ends.
    watch: Option<Watch>,
}

impl Aside {
    pub(super) fn of(request: &Request<'_>, method: Arc<str>, name: &str, budget: &Budget) -> Self {
        Self {
            dialect: request.dialect,
            id: request.id.map(str::to_owned),
            method,
            name: name.to_owned(),
            wants_reply: request.wants_reply,
            budget: budget.clone(),
            whence: None,
            watch: None,
        }
    }

    /// Says who has called.
    pub(super) fn called_by(self, whence: Option<Whence>) -> Self {
        Self { whence, ..self }
    }

    /// Has somebody be told how the call ends.
    pub(super) fn watched(self, watch: Option<Watch>) -> Self {
        Self { watch, ..self }
    }

    /// The call's id, as the text it came as.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether its caller may be answered with items, one after another, where the way has them.
    #[cfg(feature = "http")]
    pub(super) fn takes_items(&self) -> bool {
        self.wants_reply && matches!(self.dialect, Dialect::Native | Dialect::JsonRpc)
    }

    /// As many bytes the reply may have.
    pub(super) fn limit(&self) -> usize {
        self.budget.limit()
    }

    /// Its place among the calls of its caller that are in flight.
    pub(super) fn held(&self) -> Option<InFlight> {
        self.watch.as_ref()?.held().cloned()
    }

    /// Whether its caller can be answered with the id of a subscription: it is of a call of JSON-RPC that wants a reply.
    pub(super) fn can_subscribe(&self) -> bool {
        self.dialect == Dialect::JsonRpc && self.wants_reply
    }

    /// Whether it is one of several in a message.
    pub(super) fn is_part(&self) -> bool {
        self.budget.is_shared()
    }

    /// The name of the function.
    pub(super) fn method(&self) -> &str {
        &self.method
    }

    /// The reply that says which subscription the call has begun, and does not end it.
    pub(super) fn subscribed(&self, subscription: u64) -> Vec<u8> {
        let mut out = Vec::new();
        self.dialect.begin_result(&mut out);
        out.extend_from_slice(subscription.to_string().as_bytes());
        self.dialect.end_result(&mut out, self.id(), &self.name);
        out
    }

    /// The last notification of a subscription, and the end of the call.
    pub(super) fn last_notice(
        &mut self,
        outcome: Result<&str, Fault>,
        Notifies { id, subscription }: &Notifies,
    ) -> Vec<u8> {
        let (mut out, name) = (Vec::new(), subscription.notification);
        match &outcome {
            Ok(_) => notification::write_end(&mut out, name, *id, subscription.says_end),
            Err(fault) => {
                tell_of_panic(fault, self.dialect.name(), || self.whence, self.id());
                let write = |out: &mut Vec<u8>, fault: &Fault| {
                    notification::write_fault(out, name, *id, fault);
                };
                write_within(&mut out, &self.method, &self.budget, fault, write);
            }
        }
        if let Some(watch) = &mut self.watch {
            watch.end(Ended::of(outcome.as_ref().copied()));
        }
        out
    }

    /// Puts the reply together, of a result's text or a fault.
    pub(super) fn reply(&mut self, outcome: Result<&str, Fault>) -> Vec<u8> {
        let Self { dialect, method, name, wants_reply, budget, .. } = &*self;
        let mut out = Vec::new();
        let outcome = outcome.and_then(|result| {
            if *wants_reply {
                dialect.begin_result(&mut out);
                out.extend_from_slice(result.as_bytes());
                dialect.end_result(&mut out, self.id(), name);
                if !budget.takes(out.len()) {
                    return Err(budget.refusal(method, out.len()));
                }
            }
            Ok(result)
        });
        if let Err(fault) = &outcome {
            tell_of_panic(fault, dialect.name(), || self.whence, self.id());
            out.clear();
            if *wants_reply {
                write_fault(&mut out, *dialect, self.id(), method, budget, fault);
            }
        }
        if let Some(watch) = &mut self.watch {
            watch.end(Ended::of(outcome.as_ref().copied()));
        }
        out
    }
}

/// Appends a fault, or that it finds no budget: errors keep to the limits that results keep to.
pub(super) fn write_fault(
    out: &mut Vec<u8>,
    dialect: Dialect,
    id: Option<&str>,
    method: &str,
    budget: &Budget,
    fault: &Fault,
) {
    write_within(out, method, budget, fault, |out, fault| dialect.write_fault(out, id, fault));
}

/// The same of a fault that `write` appends.
fn write_within(
    out: &mut Vec<u8>,
    method: &str,
    budget: &Budget,
    fault: &Fault,
    write: impl Fn(&mut Vec<u8>, &Fault),
) {
    let start = out.len();
    let too_deep = budget.too_deep(fault, method);
    let fault = too_deep.as_ref().unwrap_or(fault);
    write(out, fault);
    let size = out.len() - start;
    if !budget.takes(size) {
        out.truncate(start);
        write(out, &budget.refusal_of(fault, method, size));
    }
}
