//! How a call went, or the rest of it where it takes time.

use std::fmt;
use std::future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread::{self, Thread};

use crate::protocol::{Call, Fault, code};

use super::{Inlet, Outlet, Reply, Subscription, caught, panicked};

/// The rest of an asynchronous call: it ends in the result's JSON text.
pub type Deferred = Pin<Box<dyn Future<Output = Result<String, Fault>> + Send>>;

/// The rest of a call that blocks its thread, for a thread that may be blocked.
pub(crate) type Job = Box<dyn FnOnce() -> Result<String, Fault> + Send>;

/// How a call went, or the rest of it: what [`Dispatch::dispatch`](crate::layer::Dispatch::dispatch)
/// returns.
///
/// A call may end at once, or later: an `async fn` is run by the server, and so is a function that
/// blocks its thread where this one must not be blocked. A layer does not see which. It looks at the
/// end with [`inspect`](Self::inspect), refuses a call with a fault (`fault.into()`), and answers it
/// itself with `reply.send(&result).into()`.
#[must_use = "a call that has not ended is run by whoever is returned this"]
pub struct Outcome(Progress);

/// How far a call has come.
pub(crate) enum Progress {
    /// The result has been sent to the reply.
    Done,
    /// The call failed.
    Failed(Fault),
    /// Nobody waits for the call any more.
    Cancelled,
    /// The call takes time, and this is the rest of it.
    Later(Box<Rest>),
}

/// How a call ended.
///
/// Its `Display` form is the result's JSON text, the fault's message, or `cancelled`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Ended<'e> {
    /// With this result, as JSON text.
    Returned(&'e str),
    /// With this fault: the function's own error, a refusal, or a panic.
    Failed(&'e Fault),
    /// Without anybody to tell: the caller has gone away, has cancelled the call, or has waited for
    /// as long as it wanted to. An asynchronous function has been stopped where it waited; another
    /// may still run, and its result is dropped.
    Cancelled,
}

impl<'e> Ended<'e> {
    pub(crate) fn of(outcome: Result<&'e str, &'e Fault>) -> Self {
        outcome.map_or_else(Self::Failed, Self::Returned)
    }

    /// Whether the call ended with a result.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Returned(_))
    }

    /// The fault the call ended with.
    pub fn fault(&self) -> Option<&'e Fault> {
        match self {
            Self::Failed(fault) => Some(fault),
            _ => None,
        }
    }
}

impl fmt::Display for Ended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(result) => f.write_str(result),
            Self::Failed(fault) => f.write_str(fault.message()),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl Outcome {
    /// The call has ended, and its result has been sent to the reply.
    pub fn done() -> Self {
        Self(Progress::Done)
    }

    /// The call takes time: it ends as `rest` does, in the result's JSON text. Where nobody waits for
    /// it any more `rest` is dropped.
    pub fn later(
        call: &Call<'_>,
        rest: impl Future<Output = Result<String, Fault>> + Send + 'static,
    ) -> Self {
        Self(Progress::Later(Box::new(Rest::new(call, Work::Waiting(Box::pin(rest))))))
    }

    /// Nobody waits for the call any more.
    pub(crate) fn cancelled() -> Self {
        Self(Progress::Cancelled)
    }

    /// The call blocks its thread, and is to be run on one that may be blocked. The `interest` is held
    /// for as long as somebody waits for it.
    pub(crate) fn blocking(call: &Call<'_>, job: Job, interest: Arc<()>) -> Self {
        Self(Progress::Later(Box::new(Rest::new(call, Work::Blocking(job, interest)))))
    }

    /// The call answers with items, which go to the outlet of the source while `rest` is polled; where that `blocks`,
    /// each time on a thread that may be blocked.
    pub(super) fn stream(call: &Call<'_>, rest: Deferred, source: Source) -> Self {
        let mut rest = Rest::new(call, Work::Waiting(rest));
        rest.source = Some(source);
        Self(Progress::Later(Box::new(rest)))
    }

    /// Shows `look` how the call ends, once: now, or when it has. `reply` is the one that the call was
    /// made with. A panic in `look` changes nothing.
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// use rpc_core::layer::{Dispatch, Outcome, Reply};
    /// use rpc_core::protocol::Call;
    /// use rpc_core::CallContext;
    ///
    /// struct Log<D>(D);
    ///
    /// impl<D: Dispatch> Dispatch for Log<D> {
    ///     fn dispatch(
    ///         &self,
    ///         call: &Call<'_>,
    ///         context: &CallContext,
    ///         reply: &mut Reply<'_>,
    ///     ) -> Outcome {
    ///         let (name, begun) = (call.method().to_owned(), Instant::now());
    ///         self.0.dispatch(call, context, reply).inspect(reply, move |ended| {
    ///             println!("{name} -> {ended} in {:?}", begun.elapsed());
    ///         })
    ///     }
    ///
    ///     fn inner(&self) -> Option<&dyn Dispatch> {
    ///         Some(&self.0)
    ///     }
    /// }
    /// ```
    pub fn inspect(self, reply: &Reply<'_>, look: impl FnOnce(Ended<'_>) + Send + 'static) -> Self {
        match self.ended(reply) {
            Some(ended) => show(look, ended),
            None => {
                let look = Look(Some(look));
                return self.wrap(|rest| Box::pin(Inspected { rest, look }));
            }
        }
        self
    }

    /// How the call ended, if it has: `None` for one that takes time.
    pub fn ended<'e>(&'e self, reply: &'e Reply<'_>) -> Option<Ended<'e>> {
        match &self.0 {
            Progress::Done => Some(Ended::Returned(reply.text())),
            Progress::Failed(fault) => Some(Ended::Failed(fault)),
            Progress::Cancelled => Some(Ended::Cancelled),
            Progress::Later(_) => None,
        }
    }

    /// Has `change` make another fault of the one that the call ends with, if it does: to hide what
    /// callers are not to know, say.
    pub fn map_fault(self, change: impl FnOnce(Fault) -> Fault + Send + 'static) -> Self {
        match self.0 {
            Progress::Failed(fault) => changed(change, fault).into(),
            Progress::Later(_) => self.wrap(|rest| {
                Box::pin(async move { rest.await.map_err(|fault| changed(change, fault)) })
            }),
            _ => self,
        }
    }

    /// Puts `wrapper` around the rest of the call where it takes time; a call that has ended is left as
    /// it is. An asynchronous function begins when its rest is polled, so a layer can have it wait.
    pub fn wrap(self, wrapper: impl FnOnce(Deferred) -> Deferred + Send + 'static) -> Self {
        match self.0 {
            Progress::Later(mut rest) => {
                rest.wrappers.push(Box::new(wrapper));
                Self(Progress::Later(rest))
            }
            _ => self,
        }
    }

    #[inline]
    pub(crate) fn into_progress(self) -> Progress {
        self.0
    }
}

impl From<Fault> for Outcome {
    /// The call has failed.
    fn from(fault: Fault) -> Self {
        Self(Progress::Failed(fault))
    }
}

impl From<Result<(), Fault>> for Outcome {
    /// The call has ended: its result has been sent, or it has failed.
    fn from(sent: Result<(), Fault>) -> Self {
        match sent {
            Ok(()) => Self::done(),
            Err(fault) => fault.into(),
        }
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Progress::Done => f.write_str("Done"),
            Progress::Failed(fault) => f.debug_tuple("Failed").field(fault).finish(),
            Progress::Cancelled => f.write_str("Cancelled"),
            Progress::Later(_) => f.write_str("Later"),
        }
    }
}

/// The rest of a call that takes time, and what layers have put around it, the innermost first.
pub(crate) struct Rest {
    method: Arc<str>,
    work: Work,
    wrappers: Vec<Wrapper>,
    source: Option<Source>,
}

/// Where the items of a call come from.
pub(crate) struct Source {
    pub(crate) outlet: Outlet,
    /// Whether whoever asks for them blocks their thread.
    pub(crate) blocks: bool,
    /// How its caller can be answered at once, and get the items in notifications.
    pub(crate) subscription: Option<Subscription>,
    /// Where the items of its upload come from, if more come than were given.
    pub(crate) inlet: Option<Inlet>,
}

type Wrapper = Box<dyn FnOnce(Deferred) -> Deferred + Send>;

enum Work {
    /// Waiting for it.
    Waiting(Deferred),
    /// Running it on a thread that may be blocked.
    Blocking(Job, Arc<()>),
}

impl Rest {
    fn new(call: &Call<'_>, work: Work) -> Self {
        Self { method: call.method().into(), work, wrappers: Vec::new(), source: None }
    }

    /// The name of the function called.
    pub(crate) fn method(&self) -> &Arc<str> {
        &self.method
    }

    /// Where its items come from, if it answers with any.
    pub(crate) fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// The same, to be changed.
    pub(crate) fn source_mut(&mut self) -> Option<&mut Source> {
        self.source.as_mut()
    }

    /// The whole rest, for which `block` runs what blocks a thread. A panic in it is a fault.
    pub(crate) fn run(self, block: &impl Fn(Job) -> Deferred) -> Deferred {
        let Self { method, work, wrappers, source } = self;
        let rest: Deferred = match work {
            // All of its items go into one array, which has room for each when it comes.
            Work::Waiting(rest) if source.is_some_and(|source| source.blocks) => {
                let mut rest = Guarded::new(rest, &method);
                block(Box::new(move || {
                    let waker = Waker::from(Arc::new(Unpark(thread::current())));
                    loop {
                        let task = &mut Context::from_waker(&waker);
                        if let Poll::Ready(result) = Pin::new(&mut rest).poll(task) {
                            return result;
                        }
                        thread::park();
                    }
                }))
            }
            Work::Waiting(rest) => Box::pin(Guarded::new(rest, &method)),
            Work::Blocking(job, interest) => {
                let rest = block(job);
                Box::pin(async move {
                    let result = rest.await;
                    drop(interest);
                    result
                })
            }
        };
        wrapped(rest, wrappers, &method)
    }

    /// Whether it goes on beside its connection: its items travel as they come, or those of its upload do.
    pub(crate) fn is_stream(&self) -> bool {
        let is_stream = |source: &Source| source.outlet.is_stream() || source.inlet.is_some();
        self.source.as_ref().is_some_and(is_stream)
    }

    /// The whole rest of a call that answers with items, or takes them, and where these come from.
    pub(crate) fn into_stream(self) -> Option<(Deferred, Source)> {
        let Self { method, work: Work::Waiting(rest), wrappers, source } = self else {
            return None;
        };
        let rest = Box::pin(Guarded::new(rest, &method));
        Some((wrapped(rest, wrappers, &method), source?))
    }
}

/// Wakes a thread that waits for a future.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Puts around the rest of a call what layers have for it. Each sees the fault that a panic in a layer below it
/// becomes.
fn wrapped(rest: Deferred, wrappers: Vec<Wrapper>, method: &Arc<str>) -> Deferred {
    wrappers.into_iter().fold(rest, |rest, wrapper| match caught(|| wrapper(rest)) {
        Some(rest) => Box::pin(Guarded::new(rest, method)),
        None => Box::pin(future::ready(Err(panicked(method)))),
    })
}

/// A future that ends in a fault where it panics.
struct Guarded {
    rest: Option<Deferred>,
    method: Arc<str>,
}

impl Guarded {
    fn new(rest: Deferred, method: &Arc<str>) -> Self {
        Self { rest: Some(rest), method: Arc::clone(method) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // What it holds may panic when it is given up, too.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(self.rest.take())));
    }
}

impl Future for Guarded {
    type Output = Result<String, Fault>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = caught(|| self.rest.as_mut().map(|rest| rest.as_mut().poll(task))).flatten();
        polled.unwrap_or_else(|| Poll::Ready(Err(panicked(&self.method))))
    }
}

/// A future that shows how it ends.
struct Inspected<L: FnOnce(Ended<'_>)> {
    rest: Deferred,
    look: Look<L>,
}

impl<L: FnOnce(Ended<'_>)> Future for Inspected<L>
where
    Self: Unpin,
{
    type Output = Result<String, Fault>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.rest.as_mut().poll(task));
        self.look.at(Ended::of(result.as_deref()));
        Poll::Ready(result)
    }
}

/// What is shown the end of a call: that it is given up, where this is dropped first.
struct Look<L: FnOnce(Ended<'_>)>(Option<L>);

// It is never pinned.
impl<L: FnOnce(Ended<'_>)> Unpin for Look<L> {}

impl<L: FnOnce(Ended<'_>)> Look<L> {
    fn at(&mut self, ended: Ended<'_>) {
        if let Some(look) = self.0.take() {
            show(look, ended);
        }
    }
}

impl<L: FnOnce(Ended<'_>)> Drop for Look<L> {
    fn drop(&mut self) {
        self.at(Ended::Cancelled);
    }
}

/// Shows somebody how a call ended who has no part in it: nor has a panic.
fn show(look: impl FnOnce(Ended<'_>), ended: Ended<'_>) {
    let _ = catch_unwind(AssertUnwindSafe(|| look(ended)));
}

/// Changes a fault, also where that panics.
fn changed(change: impl FnOnce(Fault) -> Fault, fault: Fault) -> Fault {
    catch_unwind(AssertUnwindSafe(|| change(fault))).unwrap_or_else(|_| {
        Fault::new(code::INTERNAL_ERROR, "a layer panicked; the server's log says why")
    })
}
