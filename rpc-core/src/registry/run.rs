//! Runs the calls of the functions in a registry.

use std::sync::Arc;

use crate::error::Misuse;
use crate::protocol::{Call, OwnedCall};

use super::entry::Entry;
use super::{CallContext, Dispatch, FunctionRegistry, Outcome, Reply, Scope};

impl Dispatch for FunctionRegistry {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let Some(entry) = self.functions.get(call.method()) else {
            return self.answer_system(call, reply).into();
        };
        if entry.signature.is_blocking() && context.must_not_block() {
            return self.leave(entry, call, context, reply);
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
        let interest = Arc::new(());
        let context = context.that_may_block(&interest);
        let (entry, states, kept) = (entry.clone(), Arc::clone(&self.states), OwnedCall::of(call));
        let job = move || {
            // It has been read before, so it can be read.
            let call = kept.call().map_err(|error| error.to_fault())?;
            entry.run_apart(&call, &Scope { context: &context, states: &states })
        };
        Outcome::blocking(call, Box::new(job), interest)
    }
}
