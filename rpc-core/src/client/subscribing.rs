//! Calls that begin subscriptions, and what ends those.

use std::borrow::Cow;

use super::Invocation;

impl<'a, A> Invocation<'a, A> {
    /// The same call, which begins a subscription in JSON-RPC, ended by calling `unsubscribe` with its id.
    #[must_use]
    pub fn unsubscribed_by<'b>(self, unsubscribe: &'b str) -> Invocation<'b, A>
    where
        'a: 'b,
    {
        Invocation { unsubscribe: Some(unsubscribe), ..self }
    }

    /// What is called to end the subscription that this begins, if it begins one.
    pub(super) fn unsubscribe(&self) -> Option<Cow<'a, str>> {
        let of_signature = || self.signature?.unsubscribe_of(self.method);
        self.unsubscribe.map(Cow::Borrowed).or_else(of_signature)
    }
}
