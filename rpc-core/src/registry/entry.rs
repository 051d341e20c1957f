//! One function of a registry: its signature, and what runs it.

use std::borrow::{Borrow, Cow};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::protocol::{Call, Fault, code};

use super::policy::Policy;
use super::{
    Allow, Bound, Deferred, Described, Export, Function, Handler, Inlet, Instance, Method,
    MethodHandler, Outcome, Outlet, Progress, Reply, Scope, Signature, SignatureOptions, Source,
    StateType, Subscription, caught, panicked,
};
use super::{reply, signature};

/// A function under its name, which is all that tells it from others.
pub(super) struct Entry {
    pub(super) signature: Cow<'static, Signature>,
    #[cfg_attr(not(feature = "schema"), allow(dead_code))]
    pub(super) described: Described,
    pub(super) states: &'static [StateType],
    /// How many functions there were before it: where it is counted.
    pub(super) row: u32,
    /// What is to be thought of before it runs: [`BLOCKS`], [`ASKS`].
    care: AtomicU8,
    run: Run,
}

/// It blocks its thread.
pub(super) const BLOCKS: u8 = 1;

/// It asks who calls.
pub(super) const ASKS: u8 = 2;

/// It answers with items, or takes some that come one after another.
pub(super) const STREAMS: u8 = 4;

#[derive(Clone)]
enum Run {
    Exported(Handler),
    Shared(Arc<Shared>),
    /// A method that answers with items.
    Stream(Arc<Stream>),
}

type Shared = dyn Fn(&Bound<'_, '_>, &Scope<'_>, &mut Reply<'_>) -> Result<Option<Deferred>, Fault>
    + Send
    + Sync;

type Stream = dyn Fn(&Bound<'_, '_>, &Scope<'_>, Outlet) -> Result<Deferred, Fault> + Send + Sync;

impl Entry {
    /// What is to be thought of before it runs; 0 of most.
    #[inline]
    pub(super) fn care(&self) -> u8 {
        self.care.load(Ordering::Relaxed)
    }

    /// Has it ask who calls, where it has to.
    pub(super) fn ask(&self, policy: &Policy) {
        let asks = if policy.guards(&self.signature.allow) { ASKS } else { 0 };
        self.care.store(care(&self.signature) | asks, Ordering::Relaxed);
    }

    /// An exported function.
    pub(super) fn exported(export: &'static Export) -> Self {
        Self {
            signature: Cow::Borrowed(export.signature),
            described: export.described,
            states: export.states,
            row: 0,
            care: AtomicU8::new(0),
            run: Run::Exported(export.handler),
        }
    }

    /// A plain function or closure under a name.
    pub(super) fn registered<A, F: Function<A>>(name: Cow<'static, str>, function: F) -> Self {
        let written = function.written();
        let parameters =
            written.map_or_else(|| Cow::Owned(F::parameters()), |it| Cow::Borrowed(it.parameters));
        let signature = Signature {
            name,
            reply: None,
            doc: written.map_or("", |it| it.doc),
            positions: signature::positions(&parameters),
            parameters,
            result: written.map_or_else(F::result, |it| it.result),
            options: SignatureOptions::NONE,
            module: "",
            place: "",
            deprecated: None,
            allow: Allow::of(&[]),
        };
        Self {
            signature: Cow::Owned(signature),
            described: written.map_or(Described::NONE, |it| it.described),
            states: &[],
            row: 0,
            care: AtomicU8::new(0),
            run: Run::Shared(Arc::new(move |bound, _, reply| {
                function.run(bound, reply)?;
                Ok(None)
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
        let run = match method.handler {
            MethodHandler::Plain(run) => Run::Shared(Arc::new(move |bound, scope, reply| {
                run(&instance, bound, scope, reply)?;
                Ok(None)
            })),
            MethodHandler::Async(run) => Run::Shared(Arc::new(move |bound, scope, _| {
                run(Arc::clone(&instance), bound, scope).map(Some)
            })),
            MethodHandler::Stream(run) => Run::Stream(Arc::new(move |bound, scope, outlet| {
                run(Arc::clone(&instance), bound, scope, outlet)
            })),
        };
        Self {
            signature,
            described: method.described,
            states: method.states,
            row: 0,
            care: AtomicU8::new(0),
            run,
        }
    }

    /// Runs a call, and answers for the function if it panics.
    pub(super) fn run(&self, call: &Call<'_>, scope: &Scope<'_>, reply: &mut Reply<'_>) -> Outcome {
        reply.answers(&self.signature, scope.context());
        let mut outcome = Outcome::done();
        // The reply is cut off when the call fails, so nothing half-written is seen afterwards.
        let served = caught(|| match self.serve(call, scope, reply) {
            // A function that ends because nobody waits any more has no result worth the name, and a
            // caller that is slow to notice must not take it for one.
            Ok(None) if scope.context().is_given_up() => outcome = Outcome::cancelled(),
            Ok(None) => {}
            Ok(Some(rest)) => outcome = Outcome::later(call, rest),
            Err(fault) => outcome = fault.into(),
        });
        if served.is_none() {
            outcome = panicked(call.method()).into();
        }
        outcome
    }

    #[inline]
    fn serve(
        &self,
        call: &Call<'_>,
        scope: &Scope<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Option<Deferred>, Fault> {
        let mut bound = Bound::new(&self.signature, call);
        bound.bind(&self.signature, call)?;
        if scope.context().is_late() {
            return Err(late_to_begin(call.method()).refusing());
        }
        match &self.run {
            Run::Exported(Handler::Plain(run)) => run(&bound, scope, reply).map(|()| None),
            Run::Exported(Handler::Async(run)) => run(&bound, scope).map(Some),
            Run::Shared(run) => run(&bound, scope, reply),
            Run::Exported(Handler::Stream(_)) | Run::Stream(_) => Err(no_stream(call.method())),
        }
    }

    /// Begins a call of a function that answers with items, and answers for the function if it panics.
    #[inline(never)]
    pub(super) fn open(
        &self,
        call: &Call<'_>,
        scope: &Scope<'_>,
        reply: &mut Reply<'_>,
    ) -> Outcome {
        reply.answers(&self.signature, scope.context());
        let outlet = Outlet::of(scope.context());
        let context = outlet.tell(scope.context());
        let scope = Scope { context: &context, states: scope.states };
        match caught(|| self.begin(call, &scope, outlet.clone())) {
            None => panicked(call.method()).into(),
            Some(Err(fault)) => fault.into(),
            Some(Ok(rest)) => {
                // Whoever waits for an upload blocks a thread.
                let is_upload = self.signature.is_upload() && !self.signature.is_async();
                let blocks =
                    (self.signature.is_blocking() || is_upload) && context.must_not_block();
                let inlet = context.get::<Inlet>().filter(|_| self.signature.is_upload()).cloned();
                let subscription = self.signature.options.subscription;
                let subscription = subscription.and_then(|name| Subscription::of(name, &context));
                Outcome::stream(call, rest, Source { outlet, blocks, subscription, inlet })
            }
        }
    }

    fn begin(&self, call: &Call<'_>, scope: &Scope<'_>, outlet: Outlet) -> Result<Deferred, Fault> {
        let mut bound = Bound::new(&self.signature, call);
        bound.bind(&self.signature, call)?;
        if scope.context().is_late() {
            return Err(late_to_begin(call.method()).refusing());
        }
        match &self.run {
            Run::Exported(Handler::Stream(run)) => run(&bound, scope, outlet),
            Run::Stream(run) => run(&bound, scope, outlet),
            Run::Exported(_) | Run::Shared(_) => Err(no_stream(call.method())),
        }
    }

    /// Runs a call of a plain function, and returns its result apart. One that nobody waits for any
    /// more is not begun.
    pub(super) fn run_apart(&self, call: &Call<'_>, scope: &Scope<'_>) -> Result<String, Fault> {
        let cancelled = || Fault::new(code::CANCELLED, "nobody waits for the call any more");
        if scope.context().is_given_up() {
            let is_late = scope.context().is_late();
            let fault = if is_late { late_to_begin(call.method()) } else { cancelled() };
            return Err(fault.refusing());
        }
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out);
        match self.run(call, scope, &mut reply).into_progress() {
            Progress::Done => reply::into_text(out),
            Progress::Failed(fault) => Err(fault),
            // No plain function has a rest.
            Progress::Cancelled | Progress::Later(_) => Err(cancelled()),
        }
    }
}

/// What a caller is told whose time was up before the function began.
#[cold]
pub(crate) fn late_to_begin(method: &str) -> Fault {
    Fault::new(code::TIMED_OUT, format!("`{method}`: its time was up before it began"))
}

/// What is told where a function's signature and what runs it do not fit, which no generated code has.
#[cold]
fn no_stream(method: &str) -> Fault {
    let message = format!("`{method}`: its signature does not say whether it answers with items");
    Fault::new(code::INTERNAL_ERROR, message).refusing()
}

/// What is to be thought of before it runs, whoever calls.
fn care(signature: &Signature) -> u8 {
    let blocks = if signature.is_blocking() { BLOCKS } else { 0 };
    blocks | if signature.is_stream() || signature.is_upload() { STREAMS } else { 0 }
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        let Self { ref signature, described, states, row, ref run, .. } = *self;
        let (signature, run, care) = (signature.clone(), run.clone(), AtomicU8::new(self.care()));
        Self { signature, described, states, row, care, run }
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
