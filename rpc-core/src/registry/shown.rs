//! What a caller is shown of the functions: all of them, or those that they may call.

#[cfg(feature = "mcp")]
use super::Reply;
use super::bind::shorten;
use super::nearest::nearest;
use super::system::{MULTICALL, OTHER, STATS, SYSTEM};
use super::{CallContext, FunctionRegistry, Signature};
use crate::protocol::Fault;

/// Stands in the context of a `system.listMethods` by which the layer of tools asks, through all layers below it, what a
/// caller may call.
#[cfg(feature = "mcp")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedForTools {
    /// The tools are to be listed.
    ToList,
    /// One is to be called.
    ToCall,
}

impl FunctionRegistry {
    /// The functions by which callers ask what there is to call, but for the one that makes further calls.
    #[cfg(feature = "mcp")]
    pub(crate) fn introspection() -> impl Iterator<Item = &'static Signature> {
        let system = SYSTEM.iter().map(|(signature, _)| signature);
        system.filter(|signature| signature.name() != MULTICALL)
    }

    /// The names that can be called, ordered: by everybody, or where callers are shown no more than they may call, by this one.
    pub(super) fn names(&self, context: &CallContext) -> impl Iterator<Item = &str> {
        let counts = self.statistics.get().is_some();
        let system = self.system_names(context).filter(|name| *name != STATS || counts);
        let mut names: Vec<_> = self.unordered(context).chain(system).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }

    /// Suggests what a wrong name was probably meant to be.
    pub(super) fn advice(&self, wrong: &str, context: &CallContext) -> Option<String> {
        nearest(wrong, self.system_names(context).chain(self.unordered(context)))
            .map(|name| format!("; did you mean `{name}`?"))
    }

    /// Whether the caller is shown what has been counted under a name. Calls of unknown names are not among it where some
    /// functions are not shown, because they would tell these from those that do not exist.
    pub(super) fn shows_counted(&self, name: &str, context: &CallContext) -> bool {
        match self.functions.get(name) {
            Some(entry) => self.shows(entry, context),
            None => name != OTHER || !self.lists_allowed_only(),
        }
    }

    /// The names of the functions that the caller is shown, in no order.
    fn unordered(&self, context: &CallContext) -> impl Iterator<Item = &str> {
        let shown = self.functions.iter().filter(|entry| self.shows(entry, context));
        shown.map(|entry| entry.signature.name())
    }

    /// The names of those that every registry has, where the caller is shown them.
    fn system_names(&self, context: &CallContext) -> impl Iterator<Item = &str> {
        let shows = self.shows_system(context);
        let system = SYSTEM.iter().map(|(signature, _)| signature.name());
        system.filter(move |name| shows || *name == MULTICALL)
    }

    /// The signature of the function that answers to a name.
    pub(super) fn known(&self, name: &str, context: &CallContext) -> Result<&Signature, Fault> {
        let mut system = SYSTEM.iter().map(|(signature, _)| signature);
        let system = || system.find(|signature| signature.name() == name);
        let own = self.functions.get(name);
        let shown = own.filter(|entry| self.shows(entry, context));
        if let Some(denied) = own.filter(|_| shown.is_none() && !self.hides_denied()) {
            return Err(self.refusal(&denied.signature, context));
        }
        shown.map(|entry| &*entry.signature).or_else(system).ok_or_else(|| {
            let (name, advice) = (shorten(name), self.advice(name, context).unwrap_or_default());
            Fault::invalid_params(format!("no function `{name}` is served here{advice}"))
        })
    }

    /// Lists the names of what the caller may call.
    #[cfg(feature = "mcp")]
    pub(super) fn answer_tools(
        &self,
        asked: AskedForTools,
        lets_ask: bool,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Result<(), Fault> {
        if asked == AskedForTools::ToList && !lets_ask {
            return Err(self.system_refusal("tools/list", context));
        }
        let functions = self.functions.iter().map(|entry| &*entry.signature);
        let functions = functions.filter(|function| self.lets(function, context));
        let system = SYSTEM.iter().map(|(signature, _)| signature).filter(|_| lets_ask);
        reply.send(&functions.chain(system).map(Signature::name).collect::<Vec<_>>())
    }
}
