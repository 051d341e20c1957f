//! One function of a registry: its signature, and what runs it.

use std::borrow::{Borrow, Cow};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::protocol::{Call, Fault};

use super::signature;
use super::{
    Bound, Export, Function, Handler, Instance, Method, MethodHandler, Progress, Reply, Scope,
    Signature, SignatureOptions, StateType,
};

/// A function under its name, which is all that tells it from others.
pub(super) struct Entry {
    pub(super) signature: Cow<'static, Signature>,
    pub(super) states: &'static [StateType],
    run: Run,
}

enum Run {
    Exported(Handler),
    Boxed(Box<Boxed>),
}

type Boxed =
    dyn Fn(&Bound<'_, '_>, &Scope<'_>, &mut Reply<'_>) -> Result<Progress, Fault> + Send + Sync;

impl Entry {
    /// An exported function.
    pub(super) fn exported(export: &'static Export) -> Self {
        Self {
            signature: Cow::Borrowed(export.signature),
            states: export.states,
            run: Run::Exported(export.handler),
        }
    }

    /// A plain function or closure under a name.
    pub(super) fn registered<A, F: Function<A>>(name: Cow<'static, str>, function: F) -> Self {
        let parameters = F::parameters();
        let signature = Signature {
            name,
            reply: None,
            doc: "",
            positions: signature::positions(&parameters),
            parameters: Cow::Owned(parameters),
            result: F::result(),
            options: SignatureOptions::default(),
        };
        Self {
            signature: Cow::Owned(signature),
            states: &[],
            run: Run::Boxed(Box::new(move |bound, _, reply| {
                function.run(bound, reply)?;
                Ok(Progress::Done)
            })),
        }
    }

    /// A method of an instance, its name behind a prefix if there is one.
    pub(super) fn method<T: Instance>(
        prefix: &str,
        instance: &Arc<T>,
        method: &'static Method<T>,
    ) -> Self {
        let mut signature = Cow::Borrowed(method.signature);
        if !prefix.is_empty() {
            signature.to_mut().name = Cow::Owned(format!("{prefix}.{}", method.signature.name));
        }
        let instance = Arc::clone(instance);
        Self {
            signature,
            states: method.states,
            run: Run::Boxed(Box::new(move |bound, scope, reply| match method.handler {
                MethodHandler::Plain(run) => {
                    run(&instance, bound, scope, reply)?;
                    Ok(Progress::Done)
                }
                MethodHandler::Async(run) => {
                    run(Arc::clone(&instance), bound, scope).map(Progress::Later)
                }
            })),
        }
    }

    pub(super) fn run(
        &self,
        call: &Call<'_>,
        scope: &Scope<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Progress, Fault> {
        reply.answers(&self.signature, scope.context());
        let mut bound = Bound::new(&self.signature, call);
        bound.bind(&self.signature, call)?;
        match &self.run {
            Run::Exported(Handler::Plain(run)) => {
                run(&bound, scope, reply).map(|()| Progress::Done)
            }
            Run::Exported(Handler::Async(run)) => run(&bound, scope).map(Progress::Later),
            Run::Boxed(run) => run(&bound, scope, reply),
        }
    }
}

impl Borrow<str> for Entry {
    fn borrow(&self) -> &str {
        self.signature.name()
    }
}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.signature.name().hash(state);
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.signature.name() == other.signature.name()
    }
}

impl Eq for Entry {}
