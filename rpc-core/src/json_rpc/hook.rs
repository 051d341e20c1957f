//! What is told of every call that has ended.

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::dialect::Request;
use crate::error::Misuse;
use crate::protocol::{Fault, code};
use crate::registry::{
    CallContext, Ended, FunctionRegistry, Log, Statistics, Tally, TallyAside, Upkeep,
};

use super::caller_limits::{CallerLimits, InFlight};
use super::finished::FinishedCall;
use super::identify::Asks;
use super::kept_arguments::KeptArguments;
use super::listener::{Listener, Record, is_end_of_waiting};

/// Who is told of calls, what counts them, what is asked who makes them, and what bounds how many they make.
#[derive(Clone, Default)]
pub(super) struct Hook {
    listener: Option<Arc<Listener>>,
    /// Which arguments the listener is shown.
    kept: Option<Arc<KeptArguments>>,
    statistics: Option<Arc<Statistics>>,
    asks: Option<Asks>,
    limits: Option<CallerLimits>,
    /// Whether all that is done is counting.
    only_counts: bool,
}

impl Hook {
    /// Tells `next` after whoever is told already.
    pub(super) fn telling(self, next: impl Fn(&FinishedCall<'_>) + Send + Sync + 'static) -> Self {
        let listener = match self.listener {
            None => Listener::new(next),
            Some(first) => Listener::new(move |call| {
                first.say(call);
                next(call);
            }),
        };
        Self { listener: Some(Arc::new(listener)), only_counts: false, ..self }
    }

    /// Shows arguments to whoever is told.
    pub(super) fn keeping(self, kept: KeptArguments) -> Self {
        Self { kept: Some(Arc::new(kept)), only_counts: false, ..self }
    }

    /// Which arguments are shown to whoever is told.
    pub(super) fn kept(&self) -> Option<&KeptArguments> {
        self.kept.as_deref()
    }

    /// Who is told.
    pub(super) fn listener(&self) -> Option<&Arc<Listener>> {
        self.listener.as_ref()
    }

    /// Has calls counted.
    pub(super) fn counting(self, statistics: Arc<Statistics>) -> Self {
        let only_counts = self.listener.is_none()
            && self.asks.is_none()
            && self.kept.is_none()
            && self.limits.is_none();
        Self { statistics: Some(statistics), only_counts, ..self }
    }

    /// Has it asked who makes calls.
    pub(super) fn asking(self, change: impl FnOnce(Asks) -> Asks) -> Self {
        let asks = change(self.asks.unwrap_or_default());
        Self { asks: Some(asks), only_counts: false, ..self }
    }

    /// Has it bounded how many calls each caller makes.
    pub(super) fn limiting(self, change: impl FnOnce(&mut CallerLimits)) -> Self {
        let mut limits = self.limits.unwrap_or_default();
        change(&mut limits);
        Self { limits: Some(limits), only_counts: false, ..self }
    }

    /// What bounds how many calls each caller makes.
    pub(super) fn limits(&self) -> Option<&CallerLimits> {
        self.limits.as_ref()
    }

    /// Whether cookies were to say who makes calls, and nobody is asked about them.
    #[cfg(feature = "http")]
    pub(super) fn asks_nobody_about_cookies(&self) -> bool {
        self.asks.as_ref().is_some_and(Asks::ask_nobody_about_cookies)
    }

    /// Says what would keep whoever is asked from finding out who calls.
    pub(super) fn check(&self) -> Result<(), Misuse> {
        self.asks.as_ref().map_or(Ok(()), Asks::check)
    }

    /// Has whoever is asked say lines by `log`.
    pub(super) fn log_to(&self, log: &Log) {
        if let Some(asks) = &self.asks {
            asks.log_to(log);
        }
    }

    /// What has to be done beside calls.
    pub(super) fn upkeep(&self) -> Vec<Upkeep> {
        self.asks.as_ref().map(Asks::upkeep).unwrap_or_default()
    }

    /// What is asked who makes calls.
    pub(super) fn asks(&self) -> Option<&Asks> {
        self.asks.as_ref().filter(|asks| asks.is_set())
    }

    /// Whether all that is done is counting.
    #[inline]
    pub(super) fn only_counts(&self) -> bool {
        self.only_counts
    }

    /// Begins to watch a call.
    pub(super) fn begin(&self) -> Begun<'_> {
        let told = self.listener.as_ref().map(|listener| {
            let (began, at) = (SystemTime::now(), Instant::now());
            Told { listener, kept: self.kept(), began, at, number: None }
        });
        Begun { told, counted: self.statistics.is_some().then(|| Counted::new(self)), held: None }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// What is done beside a call. Each way has code of its own, so that one that does nothing costs nothing.
pub(super) trait Watching {
    /// What counts the call.
    fn tally(&mut self) -> Option<&mut Tally>;

    /// Says how the call has ended: `result` is the text of what was sent.
    fn end<'r>(
        &mut self,
        method: &str,
        context: &CallContext,
        fault: Option<&'r Fault>,
        result: impl FnOnce() -> &'r str,
    );

    /// The same call, where it outlives its message.
    fn put_aside(&mut self, method: &Arc<str>) -> Option<Watch>;
}

/// Nothing is done.
pub(super) struct Unwatched;

impl Watching for Unwatched {
    #[inline]
    fn tally(&mut self) -> Option<&mut Tally> {
        None
    }

    #[inline]
    fn end<'r>(
        &mut self,
        _: &str,
        _: &CallContext,
        _: Option<&'r Fault>,
        _: impl FnOnce() -> &'r str,
    ) {
    }

    #[inline]
    fn put_aside(&mut self, _: &Arc<str>) -> Option<Watch> {
        None
    }
}

/// A call that is counted.
pub(super) struct Counted<'h> {
    /// Who counts, which few calls need to know.
    hook: &'h Hook,
    tally: Tally,
}

impl<'h> Counted<'h> {
    /// Begins to count a call.
    #[inline]
    pub(super) fn new(hook: &'h Hook) -> Self {
        Self { hook, tally: Tally::Unfound }
    }

    /// The same call, where it outlives its message.
    fn aside(&self, method: &str) -> Option<TallyAside> {
        let statistics = self.hook.statistics.as_ref()?;
        Some(self.tally.put_aside(statistics, method))
    }
}

impl Watching for Counted<'_> {
    #[inline]
    fn tally(&mut self) -> Option<&mut Tally> {
        Some(&mut self.tally)
    }

    #[inline]
    fn end<'r>(
        &mut self,
        method: &str,
        context: &CallContext,
        fault: Option<&'r Fault>,
        _: impl FnOnce() -> &'r str,
    ) {
        let code = fault.map(|fault| code_of(fault, context));
        self.tally.end(|| self.hook.statistics.as_ref(), method, code);
    }

    fn put_aside(&mut self, method: &Arc<str>) -> Option<Watch> {
        Some(Watch { told: None, tally: self.aside(method), held: None })
    }
}

/// A call that somebody is told of.
#[derive(Default)]
pub(super) struct Begun<'h> {
    told: Option<Told<'h>>,
    counted: Option<Counted<'h>>,
    /// Its place among those of its caller that are in flight.
    held: Option<InFlight>,
}

impl Begun<'_> {
    /// Has it count among the calls of its caller that are in flight.
    pub(super) fn hold(&mut self, held: InFlight) {
        self.held = Some(held);
    }
}

/// Who is told of a call, and when it began.
struct Told<'h> {
    listener: &'h Arc<Listener>,
    kept: Option<&'h KeptArguments>,
    began: SystemTime,
    at: Instant,
    /// Under which it is noted.
    number: Option<u64>,
}

impl Begun<'_> {
    /// Takes note of the call, now that it is known who makes it.
    pub(super) fn note(
        &mut self,
        request: &Request<'_>,
        context: &CallContext,
        registry: Option<&FunctionRegistry>,
    ) {
        if let Some(Told { listener, kept, began, at, number }) = &mut self.told {
            let call = &request.call;
            let arguments = kept.and_then(|kept| kept.of_call(call, registry));
            let (method, id) = (call.method().into(), request.id.map(Into::into));
            let (began, at, context) = (*began, *at, context.clone());
            let record = Record { method, id, context, arguments, began, at, may_run: true };
            *number = Some(listener.begin(record));
        }
    }
}

impl Watching for Begun<'_> {
    fn tally(&mut self) -> Option<&mut Tally> {
        self.counted.as_mut().and_then(Counted::tally)
    }

    fn end<'r>(
        &mut self,
        method: &str,
        context: &CallContext,
        fault: Option<&'r Fault>,
        result: impl FnOnce() -> &'r str,
    ) {
        if let Some(counted) = &mut self.counted {
            counted.end(method, context, fault, || "");
        }
        if let Some(Told { listener, number: Some(number), .. }) = self.told {
            let ended = fault.map_or_else(|| Ended::Returned(result()), Ended::Failed);
            listener.end(number, ended);
        }
    }

    fn put_aside(&mut self, method: &Arc<str>) -> Option<Watch> {
        let told = self.told.as_ref();
        let told = told.and_then(|told| Some((Arc::clone(told.listener), told.number?)));
        let tally = self.counted.as_ref().and_then(|counted| counted.aside(method));
        Some(Watch { told, tally, held: self.held.take() })
    }
}

/// The code that a call is counted under which failed.
#[cold]
fn code_of(fault: &Fault, context: &CallContext) -> i64 {
    if is_end_of_waiting(fault, context) { code::CANCELLED } else { fault.code() }
}

/// A call that ends later: cancelled, where this is dropped first.
pub(super) struct Watch {
    told: Option<(Arc<Listener>, u64)>,
    tally: Option<TallyAside>,
    held: Option<InFlight>,
}

impl Watch {
    /// Its place among the calls of its caller that are in flight.
    pub(super) fn held(&self) -> Option<&InFlight> {
        self.held.as_ref()
    }

    /// Counts how it has ended and tells of it, once.
    pub(super) fn end(&mut self, ended: Ended<'_>) {
        if let Some(tally) = self.tally.take() {
            tally.end(match ended {
                Ended::Returned(_) => None,
                Ended::Failed(fault) => Some(fault.code()),
                Ended::Cancelled => Some(code::CANCELLED),
            });
        }
        if let Some((listener, number)) = self.told.take() {
            listener.end_later(number, ended);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(Ended::Cancelled);
    }
}
