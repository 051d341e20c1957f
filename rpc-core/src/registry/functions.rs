//! The functions by name.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::error::Misuse;
use crate::protocol::{Fault, code};

use super::bind::shorten;
use super::entry::Entry;
use super::kept_text::Answers;
use super::name_hash::NameHashes;
use super::policy::Policy;
use super::state::States;
use super::stats::Kept;
use super::{CallContext, Export, Function, Instance, MoreMethods, Signature, interface};

/// Functions by name: the end of every stack of layers.
///
/// ```
/// use rpc_core::FunctionRegistry;
///
/// let mut registry = FunctionRegistry::new();
/// registry.register("scale", |x: f64, factor: f64| x * factor)?;
/// registry.register("negate", |x: i64| -x)?;
///
/// let functions: Vec<_> = registry.functions().map(ToString::to_string).collect();
/// assert_eq!(functions, ["negate(i64) -> i64", "scale(f64, f64) -> f64"]);
/// assert!(registry.register("scale", || ()).is_err());
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// It answers `system.listMethods`, `system.methodHelp`, `system.methodSignature`,
/// `system.getCapabilities`, `system.describe`, `system.multicall` and, with the feature `schema`, `rpc.discover`
/// where no function of such a name has been added; and `system.stats` where the server
/// [counts](crate::TcpServer::stats).
///
/// A registry is also a [`Stub`](crate::Stub): what it holds can be called in the same process, with
/// typed proxies and by name, without a socket in between.
#[derive(Default)]
pub struct FunctionRegistry {
    pub(super) functions: HashSet<Entry, NameHashes>,
    pub(super) states: Arc<States>,
    pub(super) twice: Option<Misuse>,
    /// What `system.stats` tells of, where calls are counted.
    pub(super) statistics: Kept,
    /// Who may call what.
    pub(super) policy: Policy,
    /// What is told of all functions.
    pub(super) answers: Answers,
    #[cfg(feature = "schema")]
    pub(super) kept: super::description::Kept,
}

impl FunctionRegistry {
    /// Starts with no function.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with every function that `#[rpc_export]` stands on, in any crate that is linked.
    ///
    /// A crate that is listed in `Cargo.toml` and never named is not linked; `use functions as _;`
    /// brings it in. Two functions of one name are reported when the server starts.
    pub fn exported() -> Self {
        Self::exported_where(|_| true)
    }

    /// Starts with those of the exported functions that are chosen, as when two crates that are not
    /// one's own export functions of one name, or a program serves some of them only.
    ///
    /// ```standalone_crate
    /// use rpc_core::{FunctionRegistry, rpc_export};
    ///
    /// mod admin {
    ///     #[rpc_core::rpc_export]
    ///     pub fn shut_down() {}
    /// }
    ///
    /// #[rpc_export]
    /// fn add(a: i64, b: i64) -> i64 {
    ///     a + b
    /// }
    ///
    /// let registry = FunctionRegistry::exported_where(|function| !function.module().ends_with("admin"));
    /// assert_eq!(registry.functions().count(), 1);
    /// ```
    pub fn exported_where(choose: impl Fn(&Signature) -> bool) -> Self {
        let mut registry = Self::new();
        let exports = inventory::iter::<Export>.into_iter();
        for export in exports.filter(|export| choose(export.signature)) {
            let entry = Entry::exported(export);
            match registry.functions.get(&entry) {
                Some(twin) => {
                    let twins = exported_twice(&twin.signature, export.signature);
                    registry.twice.get_or_insert(twins);
                }
                None => registry.put(entry),
            }
        }
        registry
    }

    /// Adds a function or closure under a name.
    ///
    /// # Errors
    ///
    /// [`Misuse::RegisteredTwice`] where the name is taken.
    pub fn register<A, F: Function<A>>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        function: F,
    ) -> Result<&mut Self, Misuse> {
        self.insert(Entry::registered(name.into(), function))?;
        Ok(self)
    }

    /// Adds the exported methods of an instance under their own names.
    ///
    /// # Errors
    ///
    /// [`Misuse::RegisteredTwice`] where a name is taken; none of the methods is added then.
    pub fn register_instance<T: Instance>(&mut self, instance: T) -> Result<&mut Self, Misuse> {
        self.register_instance_at("", instance)
    }

    /// Adds the exported methods of an instance behind a prefix, `bank.deposit` for `bank`; so
    /// several instances of one type can be served.
    ///
    /// # Errors
    ///
    /// As [`register_instance`](Self::register_instance).
    #[allow(clippy::mutable_key_type)] // Names alone tell functions from others.
    pub fn register_instance_at<T: Instance>(
        &mut self,
        prefix: &str,
        instance: T,
    ) -> Result<&mut Self, Misuse> {
        let instance = Arc::new(instance);
        let methods = T::METHODS.iter().chain(MoreMethods::all());
        let entries = methods.map(|method| Entry::method(prefix, &instance, method));
        let entries: Vec<_> = entries.collect();
        let mut new = HashSet::new();
        for entry in &entries {
            if self.functions.contains(entry) || !new.insert(entry) {
                return Err(Misuse::RegisteredTwice { name: entry.signature.name().to_owned() });
            }
        }
        for entry in entries {
            self.insert(entry)?;
        }
        Ok(self)
    }

    /// Shares something with the functions that have a [`State`](crate::State) parameter of its type.
    pub fn share<T: Any + Send + Sync>(&mut self, state: T) -> &mut Self {
        self.add_state(state);
        self
    }

    /// The same for a registry that layers are around.
    pub(crate) fn add_state<T: Any + Send + Sync>(&self, state: T) {
        self.states.share(Arc::new(state));
    }

    /// Lists the functions, ordered by name.
    pub fn functions(&self) -> impl Iterator<Item = &Signature> {
        self.ordered().into_iter().map(|entry| &*entry.signature)
    }

    /// The functions, ordered by name.
    pub(super) fn ordered(&self) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.functions.iter().collect();
        entries.sort_unstable_by_key(|entry| entry.signature.name());
        entries
    }

    /// The signature of the function of this name.
    pub(crate) fn signature(&self, name: &str) -> Option<&Signature> {
        self.functions.get(name).map(|entry| &*entry.signature)
    }

    fn insert(&mut self, entry: Entry) -> Result<(), Misuse> {
        if self.functions.contains(&entry) {
            return Err(Misuse::RegisteredTwice { name: entry.signature.name().to_owned() });
        }
        self.put(entry);
        #[cfg(feature = "schema")]
        self.kept.forget();
        self.answers.forget();
        Ok(())
    }

    /// The exported types of which no instance is registered, in order: those with `#[rpc_export]` on an `impl` block,
    /// and of an exported trait `Api` the type `ApiService`. Their methods are not served.
    ///
    /// A program may well link a type that it only calls, so nothing is said of it when a server starts; a test of a
    /// program that serves all that it links can hold it to that.
    ///
    /// ```standalone_crate
    /// use rpc_core::{FunctionRegistry, rpc_export};
    ///
    /// struct Bank;
    ///
    /// #[rpc_export]
    /// impl Bank {
    ///     pub fn balance(&self) -> u64 {
    ///         7
    ///     }
    /// }
    ///
    /// let mut registry = FunctionRegistry::exported();
    /// assert_eq!(registry.missing_instances(), ["Bank"]);
    /// registry.register_instance_at("bank", Bank)?;
    /// assert!(registry.missing_instances().is_empty());
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    pub fn missing_instances(&self) -> Vec<&'static str> {
        interface::missing(self.functions.iter().map(|entry| &*entry.signature))
    }

    fn put(&mut self, mut entry: Entry) {
        entry.row = u32::try_from(self.functions.len()).unwrap_or(u32::MAX);
        entry.ask(&self.policy);
        self.functions.insert(entry);
    }

    #[cold]
    pub(super) fn not_found(&self, method: &str, context: &CallContext) -> Fault {
        let nothing_is_served = self.functions.is_empty() && !self.lists_allowed_only();
        let unlinked = || {
            let advice = "; nothing is exported here: a crate that is never named is not linked, `use functions as _;` links it";
            if nothing_is_served { advice } else { "" }
        };
        let served = self.functions.iter().map(|entry| &*entry.signature);
        // What is not shown to a caller has no part in the answer, whatever else there is.
        let is_told = !self.lists_allowed_only();
        let unregistered = is_told.then(|| interface::advice(method, served)).flatten();
        // Of two types that have the method, one that is registered and one that is not, either is meant.
        let advice = match (self.advice(method, context), unregistered) {
            (Some(near), Some(unregistered)) if unregistered.starts_with("; it is a method") => {
                near + &unregistered
            }
            (Some(near), _) => near,
            (None, Some(unregistered)) => unregistered,
            (None, None) => unlinked().to_owned(),
        };
        Fault::new(
            code::METHOD_NOT_FOUND,
            format!("no function `{}` is served here{advice}", shorten(method)),
        )
        .refusing()
    }
}

/// Says where two functions of one name are, in the same order in every run.
fn exported_twice(one: &Signature, other: &Signature) -> Misuse {
    let mut places = [one, other].map(|function| {
        let (module, place) = (function.module(), function.place());
        format!("one in `{module}` ({place})")
    });
    places.sort_unstable();
    Misuse::ExportedTwice { name: one.name().to_owned(), places: Box::new(places) }
}

impl fmt::Debug for FunctionRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.functions().map(ToString::to_string)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_without_functions_says_why_it_may_have_none() {
        let fault = FunctionRegistry::new().not_found("add", &CallContext::default());
        assert_eq!(
            fault.message(),
            "no function `add` is served here; nothing is exported here: a crate that is never named is not \
             linked, `use functions as _;` links it"
        );
    }
}
