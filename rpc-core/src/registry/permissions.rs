//! Who may call what: how a registry is told, whom it lets, and the answer to others.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::error::Misuse;
use crate::protocol::{Call, Fault, code};

use super::entry::Entry;
use super::policy::{is, known};
use super::{Allow, CallContext, FunctionRegistry, Outcome, Reply, Signature};

/// What a caller is told who may not call.
fn refusal(name: &str, allow: &Allow, context: &CallContext) -> Fault {
    let fault = match known(context) {
        Some(identity) => Fault::new(
            code::UNAUTHORISED,
            format!("`{name}` needs {allow}, which `{}` does not have", identity.name()),
        ),
        None if allow.is_said() => Fault::new(
            code::UNAUTHENTICATED,
            format!("`{name}` needs {allow}, and who calls is not known; say who you are"),
        ),
        None => Fault::new(
            code::UNAUTHENTICATED,
            format!("`{name}` is for callers who are known; say who you are"),
        ),
    };
    fault.refusing()
}

impl FunctionRegistry {
    /// Says who may call a function that has been added, as `#[rpc_export(allow = "…")]` does: those who have the
    /// permission, or one of several. It takes the place of what was said before.
    ///
    /// ```
    /// use rpc_core::FunctionRegistry;
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("reset", || ())?.allow("reset", "admin")?;
    /// registry.register("look", || 7)?.allow("look", ["reader", "admin"])?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Misuse::Permission`] where there is no such function, and where a permission is odd.
    pub fn allow(&mut self, name: &str, allow: impl Into<Allow>) -> Result<&mut Self, Misuse> {
        let allow = allow.into();
        let refuse = |problem: String| {
            Err(Misuse::Permission { function: name.to_owned(), problem: problem.into() })
        };
        if let Some(problem) = allow.problem() {
            return refuse(problem);
        }
        match self.functions.take(name) {
            None => refuse("no function of this name has been added".to_owned()),
            Some(mut entry) => {
                entry.signature.to_mut().allow = allow;
                entry.ask(&self.policy);
                self.functions.insert(entry);
                self.answers.forget();
                Ok(self)
            }
        }
    }

    /// Says that a layer finds out who calls, and puts an [`Identity`](crate::identity::Identity) into the context, for
    /// stacks without a [`TcpServer`](crate::TcpServer::identities_by_layer).
    pub fn identities_by_layer(&mut self) -> &mut Self {
        self.identify();
        self
    }

    /// Takes note that something finds out who calls.
    pub(crate) fn identify(&self) {
        self.policy.identifies.store(true, Ordering::Relaxed);
    }

    /// Whether something finds out who calls.
    #[cfg(feature = "http")]
    pub(crate) fn identifies(&self) -> bool {
        is(&self.policy.identifies)
    }

    pub(crate) fn deny_by_default(&self) {
        self.policy.denies.store(true, Ordering::Relaxed);
        self.functions.iter().for_each(|entry| entry.ask(&self.policy));
    }

    pub(crate) fn list_allowed_only(&self) {
        self.policy.lists.store(true, Ordering::Relaxed);
    }

    pub(crate) fn hide_denied(&self) {
        self.policy.hides.store(true, Ordering::Relaxed);
        self.list_allowed_only();
    }

    pub(crate) fn allow_system(&self, allow: Allow) {
        *self.policy.system.lock().unwrap_or_else(PoisonError::into_inner) = Some(allow);
    }

    /// Whether callers are shown no more than they may call.
    pub(crate) fn lists_allowed_only(&self) -> bool {
        is(&self.policy.lists)
    }

    /// Whether not everybody may ask what there is to call.
    #[cfg(feature = "mcp")]
    pub(crate) fn guards_system(&self) -> bool {
        self.policy.guards(&self.policy.system())
    }

    /// Whether the caller may call a function.
    #[inline(never)]
    pub(super) fn lets(&self, signature: &Signature, context: &CallContext) -> bool {
        self.policy.lets(&signature.allow, context)
    }

    /// Whether the caller may ask what there is to call.
    pub(super) fn lets_ask(&self, context: &CallContext) -> bool {
        self.policy.lets(&self.policy.system(), context)
    }

    /// Whether the caller is shown a function.
    pub(super) fn shows(&self, entry: &Entry, context: &CallContext) -> bool {
        !is(&self.policy.lists) || self.lets(&entry.signature, context)
    }

    /// Whether the caller is shown what every registry has.
    pub(super) fn shows_system(&self, context: &CallContext) -> bool {
        !is(&self.policy.lists) || self.lets_ask(context)
    }

    /// Answers a call that its caller may not make.
    #[cold]
    pub(super) fn refuse(
        &self,
        entry: &Entry,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Outcome {
        if is(&self.policy.hides) {
            return self.answer_unknown(call, context, reply).into();
        }
        self.refusal(&entry.signature, context).into()
    }

    /// What a caller is told who may not call a function.
    pub(super) fn refusal(&self, signature: &Signature, context: &CallContext) -> Fault {
        if is(&self.policy.hides) {
            return self.not_found(signature.name(), context);
        }
        refusal(signature.name(), &signature.allow, context)
    }

    /// What a caller is told who may not ask what there is to call, in a function of this name.
    pub(super) fn system_refusal(&self, name: &str, context: &CallContext) -> Fault {
        refusal(name, &self.policy.system(), context)
    }

    /// Whether denied functions are answered for as those that do not exist.
    pub(crate) fn hides_denied(&self) -> bool {
        is(&self.policy.hides)
    }

    /// Which functions the caller is shown, in the order in which the registry has them; `None` for all.
    pub(super) fn view(&self, context: &CallContext) -> Option<Box<[bool]>> {
        let shown = || self.functions.iter().map(|entry| self.shows(entry, context)).collect();
        is(&self.policy.lists).then(shown)
    }

    /// Says before a server starts what nobody could call.
    pub(super) fn check_permissions(&self) -> Result<(), Misuse> {
        let system = self.policy.system();
        if let Some(problem) = system.problem() {
            let function = "system.*".to_owned();
            return Err(Misuse::Permission { function, problem: problem.into() });
        }
        if is(&self.policy.identifies) {
            return Ok(());
        }
        let asks = |name: &str, allow: &Allow| format!("`{name}` needs {allow}");
        let mut functions = self.functions().filter(|function| function.allow.is_said());
        let asks = match functions.find(|function| !function.allow.is_for_anybody()) {
            Some(function) => asks(function.name(), &function.allow),
            None if is(&self.policy.denies) => {
                "`deny_by_default` is for callers who are known".to_owned()
            }
            None if self.policy.guards(&system) => asks("system.*", &system),
            None => return Ok(()),
        };
        Err(Misuse::NobodyIsKnown { asks: asks.into() })
    }
}
