//! Answers the calls that end subscriptions.

use crate::protocol::{Call, Fault};

use super::subscriptions::Subscriptions;
use super::{CallContext, ConnectionValues, FunctionRegistry};

impl FunctionRegistry {
    /// Ends a subscription, if that is what a call of this name does; whether it was open.
    pub(super) fn unsubscribe(
        &self,
        call: &Call<'_>,
        context: &CallContext,
    ) -> Option<Result<bool, Fault>> {
        let function = self.unsubscribes.get(call.method())?;
        let open = context.connection().and_then(ConnectionValues::get::<Subscriptions>);
        if open.is_none() && self.lists_allowed_only() {
            // They have not been told that there is such a function.
            return None;
        }
        let by_name = call.keyword().iter().map(|(_, text)| text);
        let mut arguments = call.positional().iter().chain(by_name);
        let (Some(id), None) = (arguments.next(), arguments.next()) else {
            return Some(Err(one_id(call.method(), function)));
        };
        // One of another form is as good as unknown.
        let id = id.trim_matches('"').parse();
        Some(Ok(id.is_ok_and(|id| open.is_some_and(|open| open.end(id)))))
    }
}

#[cold]
fn one_id(method: &str, function: &str) -> Fault {
    Fault::invalid_params(format!(
        "`{method}` takes one argument, the id that `{function}` was answered with"
    ))
}
