//! The functions by name.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::error::Misuse;
use crate::protocol::{Call, Fault, OwnedCall, code};

use super::bind::shorten;
use super::entry::Entry;
use super::name_hash::NameHashes;
use super::state::States;
use super::{CallContext, Dispatch, Export, Function, Instance, Outcome, Reply, Scope, Signature};

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
/// `system.getCapabilities`, `system.describe` and `system.multicall` where no function of such a name
/// has been added.
///
/// A registry is also a [`Stub`](crate::Stub): what it holds can be called in the same process, with
/// typed proxies and by name, without a socket in between.
#[derive(Default)]
pub struct FunctionRegistry {
    functions: HashSet<Entry, NameHashes>,
    states: Arc<States>,
    twice: Option<String>,
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
        let mut registry = Self::new();
        for export in inventory::iter::<Export> {
            if let Err(Misuse::RegisteredTwice { name }) = registry.insert(Entry::exported(export))
            {
                registry.twice.get_or_insert(name);
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
    pub fn register_instance_at<T: Instance>(
        &mut self,
        prefix: &str,
        instance: T,
    ) -> Result<&mut Self, Misuse> {
        let instance = Arc::new(instance);
        let entries = T::METHODS.iter().map(|method| Entry::method(prefix, &instance, method));
        let entries: Vec<_> = entries.collect();
        if let Some(taken) = entries.iter().find(|entry| self.functions.contains(*entry)) {
            return Err(Misuse::RegisteredTwice { name: taken.signature.name().to_owned() });
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
    fn ordered(&self) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.functions.iter().collect();
        entries.sort_unstable_by_key(|entry| entry.signature.name());
        entries
    }

    /// The names of the functions, in no order.
    pub(super) fn unordered(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|entry| entry.signature.name())
    }

    /// The signature of the function of this name.
    pub(super) fn signature(&self, name: &str) -> Option<&Signature> {
        self.functions.get(name).map(|entry| &*entry.signature)
    }

    fn insert(&mut self, entry: Entry) -> Result<(), Misuse> {
        if self.functions.contains(&entry) {
            return Err(Misuse::RegisteredTwice { name: entry.signature.name().to_owned() });
        }
        self.functions.insert(entry);
        Ok(())
    }

    #[cold]
    pub(super) fn not_found(&self, method: &str) -> Fault {
        let advice = if self.functions.is_empty() {
            "; nothing is exported here: a crate that is never named is not linked, `use functions as _;` links it"
                .to_owned()
        } else {
            self.advice(method)
        };
        Fault::new(
            code::METHOD_NOT_FOUND,
            format!("no function `{}` is served here{advice}", shorten(method)),
        )
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
        if let Some(name) = &self.twice {
            return Err(Misuse::RegisteredTwice { name: name.clone() });
        }
        let mut entries = self.ordered().into_iter();
        entries.try_for_each(|entry| self.states.check(entry.signature.name(), entry.states))
    }
}

impl fmt::Debug for FunctionRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.functions().map(ToString::to_string)).finish()
    }
}
