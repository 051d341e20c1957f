//! Runs the calls of the functions in a registry.

use std::sync::Arc;

use crate::error::Misuse;
use crate::protocol::{Call, Fault, OwnedCall, code};

use super::entry::{ASKS, BLOCKS, Entry, STREAMS, late_to_begin};
use super::{CallContext, Dispatch, FunctionRegistry, Outcome, Reply, Scope};

impl Dispatch for FunctionRegistry {
    #[expect(
        clippy::inline_always,
        reason = "each way of watching a call has its own; a call in between is 20 instructions"
    )]
    #[inline(always)]
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let Some(entry) = self.functions.get(call.method()) else {
            return self.answer_system(call, context, reply).into();
        };
        reply.begins(entry.row, &self.statistics);
        let care = entry.care();
        if care != 0 {
            // Before anything is said of the arguments.
            if care & ASKS != 0 && !self.lets(&entry.signature, context) {
                return self.refuse(entry, call, context, reply);
            }
            if care & STREAMS != 0 {
                return entry.open(call, &Scope { context, states: &self.states }, reply);
            }
            if care & BLOCKS != 0 && context.must_not_block() {
                return self.leave(entry, call, context, reply);
            }
        }
        entry.run(call, &Scope { context, states: &self.states }, reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        None
    }

    fn registry(&self) -> Option<&FunctionRegistry> {
        Some(self)
    }

    fn check(&self) -> Result<(), Misuse> {
        if let Some(twins) = &self.twice {
            return Err(twins.clone());
        }
        self.check_permissions()?;
        let mut entries = self.ordered().into_iter();
        entries.try_for_each(|entry| self.states.check(entry.signature.name(), entry.states))
    }
}

impl FunctionRegistry {
    /// Leaves a call to a thread that may be blocked.
    #[inline(never)]
    fn leave(
        &self,
        entry: &Entry,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Outcome {
        reply.answers(&entry.signature, context);
        if context.is_late() {
            return late_to_begin(call.method()).refusing().into();
        }
        let interest = Arc::new(());
        let context = context.that_may_block(&interest);
        let (entry, states, kept) = (entry.clone(), Arc::clone(&self.states), OwnedCall::of(call));
        let awaited = Arc::downgrade(&interest);
        let job = move || {
            if awaited.strong_count() == 0 {
                // A pool may keep what it could not begin, and begin it when everybody has been answered.
                return Err(Fault::new(code::SHUTTING_DOWN, "nobody waits for the call").refusing());
            }
            // It has been read before, so it can be read.
            let call = kept.call().map_err(|error| error.to_fault())?;
            entry.run_apart(&call, &Scope { context: &context, states: &states })
        };
        Outcome::blocking(call, Box::new(job), interest)
    }
}
