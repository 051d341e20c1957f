//! What is told of every call that has ended.

use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Misuse;
use crate::protocol::{Fault, OneLine, code};
use crate::registry::{CallContext, Ended, Log, Statistics, Tally, TallyAside};

use super::caller_limits::{CallerLimits, InFlight};
use super::identify::Asks;

/// A call that has ended, as [`on_call`](crate::TcpServer::on_call) is told of it.
///
/// Its `Display` form is a line for a log: `add (json-rpc from 127.0.0.1:40112) returned in 12µs`. Of a
/// call that failed it shows the fault and the errors behind it ([`Fault::because`]), of which its caller
/// is told nothing.
#[derive(Debug)]
pub struct FinishedCall<'e> {
    method: &'e str,
    context: &'e CallContext,
    ended: Ended<'e>,
    duration: Duration,
}

impl FinishedCall<'_> {
    /// The name that was called, whether or not a function has it.
    pub fn method(&self) -> &str {
        self.method
    }

    /// The dialect the call came in: `native`, `ping`, `json-rpc` or `xml-rpc`, or `mcp`.
    pub fn protocol(&self) -> &'static str {
        self.context.protocol()
    }

    /// The caller's address, where it has one.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.context.peer()
    }

    /// The context that the call was made with, before layers have added to it.
    pub fn context(&self) -> &CallContext {
        self.context
    }

    /// How the call ended: what its caller is told, or that nobody waits for it any more.
    pub fn ended(&self) -> Ended<'_> {
        self.ended
    }

    /// How long it took from when its message had been read, layers included.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Display for FinishedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, duration, .. } = self;
        // Callers and errors choose some of the words.
        let mut line = OneLine(f);
        write!(line, "{method} ({}", self.protocol())?;
        if let Some(peer) = self.peer() {
            write!(line, " from {peer}")?;
        }
        match self.ended {
            Ended::Returned(_) => write!(line, ") returned in {duration:?}"),
            Ended::Failed(fault) => {
                write!(line, ") failed in {duration:?}: {fault}")?;
                causes(fault, &mut line)
            }
            Ended::Cancelled => write!(line, ") was cancelled after {duration:?}"),
        }
    }
}

/// Writes the errors behind a fault, of which callers are told nothing. One that says what the fault
/// itself says is left out.
fn causes(fault: &Fault, line: &mut impl fmt::Write) -> fmt::Result {
    let mut said = fault.message().to_owned();
    for cause in std::iter::successors(fault.source(), |&cause| cause.source()) {
        let words = cause.to_string();
        if words != said {
            write!(line, "; cause: {words}")?;
        }
        said = words;
    }
    Ok(())
}

/// Who is told of calls, what counts them, what is asked who makes them, and what bounds how many they make.
#[derive(Clone, Default)]
pub(super) struct Hook {
    tell: Option<Arc<Tell>>,
    statistics: Option<Arc<Statistics>>,
    asks: Option<Asks>,
    limits: Option<CallerLimits>,
    /// What counts calls, where that is all that is done.
    only: Option<Arc<Statistics>>,
}

type Tell = dyn Fn(&FinishedCall<'_>) + Send + Sync;

impl Hook {
    /// Tells `next` after whoever is told already.
    pub(super) fn telling(self, next: impl Fn(&FinishedCall<'_>) + Send + Sync + 'static) -> Self {
        let tell: Arc<Tell> = match self.tell {
            None => Arc::new(next),
            Some(first) => Arc::new(move |call| {
                run(&*first, call);
                next(call);
            }),
        };
        Self { tell: Some(tell), only: None, ..self }
    }

    /// Has calls counted.
    pub(super) fn counting(self, statistics: Arc<Statistics>) -> Self {
        let is_all = self.tell.is_none() && self.asks.is_none() && self.limits.is_none();
        let only = is_all.then(|| Arc::clone(&statistics));
        Self { statistics: Some(statistics), only, ..self }
    }

    /// Has it asked who makes calls.
    pub(super) fn asking(self, change: impl FnOnce(Asks) -> Asks) -> Self {
        let asks = change(self.asks.unwrap_or_default());
        Self { asks: Some(asks), only: None, ..self }
    }

    /// Has it bounded how many calls each caller makes.
    pub(super) fn limiting(self, change: impl FnOnce(&mut CallerLimits)) -> Self {
        let mut limits = self.limits.unwrap_or_default();
        change(&mut limits);
        Self { limits: Some(limits), only: None, ..self }
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

    /// What is asked who makes calls.
    pub(super) fn asks(&self) -> Option<&Asks> {
        self.asks.as_ref().filter(|asks| asks.is_set())
    }

    /// Begins to count a call, if that is all that is done.
    #[inline]
    pub(super) fn only_counts(&self) -> Option<Counted<'_>> {
        self.only.as_ref().map(Counted::new)
    }

    /// Begins to watch a call.
    pub(super) fn begin(&self) -> Begun<'_> {
        Begun {
            told: self.tell.as_ref().map(|tell| (tell, Instant::now())),
            counted: self.statistics.as_ref().map(Counted::new),
            held: None,
        }
    }
}

fn run(tell: &Tell, call: &FinishedCall<'_>) {
    // Whoever is told has no part in the call, and its panic none in the reply.
    let _ = catch_unwind(AssertUnwindSafe(|| tell(call)));
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
    fn put_aside(&mut self, method: &Arc<str>, context: &CallContext) -> Option<Watch>;
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
    fn put_aside(&mut self, _: &Arc<str>, _: &CallContext) -> Option<Watch> {
        None
    }
}

/// A call that is counted.
pub(super) struct Counted<'h> {
    statistics: &'h Arc<Statistics>,
    tally: Tally,
}

impl<'h> Counted<'h> {
    #[inline]
    fn new(statistics: &'h Arc<Statistics>) -> Self {
        Self { statistics, tally: Tally::new(statistics) }
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
        self.tally.end(self.statistics, method, fault.map(|fault| code_of(fault, context)));
    }

    fn put_aside(&mut self, method: &Arc<str>, _: &CallContext) -> Option<Watch> {
        let tally = Some(self.tally.put_aside(self.statistics, method));
        Some(Watch { told: None, tally, held: None })
    }
}

/// A call that somebody is told of.
#[derive(Default)]
pub(super) struct Begun<'h> {
    /// Who is, and when it began.
    told: Option<(&'h Arc<Tell>, Instant)>,
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
        if let Some((tell, at)) = self.told {
            let ended = fault.map_or_else(|| Ended::Returned(result()), Ended::Failed);
            tell_of(&**tell, at, method, context, ended);
        }
    }

    fn put_aside(&mut self, method: &Arc<str>, context: &CallContext) -> Option<Watch> {
        let told =
            self.told.map(|(tell, at)| (Arc::clone(tell), at, Arc::clone(method), context.clone()));
        let counted = self.counted.as_mut();
        let tally = counted.map(|it| it.tally.put_aside(it.statistics, method));
        Some(Watch { told, tally, held: self.held.take() })
    }
}

/// The code that a call is counted under which failed.
#[cold]
fn code_of(fault: &Fault, context: &CallContext) -> i64 {
    if context.is_given_up() { code::CANCELLED } else { fault.code() }
}

fn tell_of(tell: &Tell, at: Instant, method: &str, context: &CallContext, ended: Ended<'_>) {
    let ended = if context.is_given_up() { Ended::Cancelled } else { ended };
    run(tell, &FinishedCall { method, context, ended, duration: at.elapsed() });
}

/// A call that ends later: cancelled, where this is dropped first.
pub(super) struct Watch {
    told: Option<(Arc<Tell>, Instant, Arc<str>, CallContext)>,
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
        if let Some((tell, at, method, context)) = self.told.take() {
            tell_of(&*tell, at, &method, &context, ended);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(Ended::Cancelled);
    }
}
