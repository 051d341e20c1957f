//! Who is told of calls, and which calls run that are still to be told of.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::protocol::{Fault, code};
use crate::registry::{CallContext, Ended};

use super::finished::FinishedCall;

type Tell = dyn Fn(&FinishedCall<'_>) + Send + Sync;

/// Somebody who is told of calls.
pub(super) struct Listener {
    tell: Box<Tell>,
    running: Mutex<Running>,
}

/// The calls that run, so that they are told of once: when they end, or when nobody waits for that any more.
#[derive(Default)]
struct Running {
    next: u64,
    calls: HashMap<u64, Record>,
}

/// What is told of a call, but for its end.
pub(super) struct Record {
    pub(super) method: Box<str>,
    pub(super) id: Option<Box<str>>,
    pub(super) context: CallContext,
    pub(super) arguments: Option<Box<str>>,
    pub(super) began: SystemTime,
    pub(super) at: Instant,
    /// Whether it is known who calls, and it may run.
    pub(super) may_run: bool,
}

/// A message of which it is being found out who has sent it. Where this is dropped first, whoever is told hears of it: its
/// caller has left.
pub(super) struct Asked(Option<(Arc<Listener>, u64)>);

impl Asked {
    /// Says that it was found out: the message is told of as what becomes of it.
    pub(super) fn found(mut self) {
        if let Some((listener, number)) = self.0.take() {
            listener.lock().calls.remove(&number);
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some((listener, number)) = self.0.take() {
            let sentence = "the caller left before it was known who calls; nothing has run";
            let fault = Fault::new(code::CANCELLED, sentence).refusing();
            listener.end(number, Ended::Failed(&fault));
        }
    }
}

/// Whether a call has failed with this because nobody waited for it any more. A refusal, a panic and a function's own error
/// are what they are, however long the caller waits.
pub(super) fn is_end_of_waiting(fault: &Fault, context: &CallContext) -> bool {
    let says_so = matches!(fault.code(), code::TIMED_OUT | code::CANCELLED);
    says_so && !fault.is_refusal() && context.is_given_up()
}

impl Record {
    /// That of a message that does not run, or not yet.
    pub(super) fn of_message(
        context: &CallContext,
        protocol: &'static str,
        (method, id): (&str, Option<&str>),
    ) -> Self {
        let mut context = context.clone();
        context.begin(protocol, None, 0);
        let (began, at) = (SystemTime::now(), Instant::now());
        let (method, id) = (method.into(), id.map(Into::into));
        Self { method, id, context, arguments: None, began, at, may_run: false }
    }
}

impl Listener {
    pub(super) fn new(tell: impl Fn(&FinishedCall<'_>) + Send + Sync + 'static) -> Self {
        Self { tell: Box::new(tell), running: Mutex::default() }
    }

    /// Takes note of a call, and returns its number.
    pub(super) fn begin(&self, record: Record) -> u64 {
        let mut running = self.lock();
        let number = running.next;
        running.next += 1;
        running.calls.insert(number, record);
        number
    }

    /// Tells how a call has ended, unless that has been told.
    pub(super) fn end(&self, number: u64, ended: Ended<'_>) {
        let Some(record) = self.lock().calls.remove(&number) else { return };
        let ended = match ended {
            Ended::Failed(fault) if is_end_of_waiting(fault, &record.context) => Ended::Cancelled,
            ended => ended,
        };
        self.tell(&record, ended, record.at.elapsed());
    }

    /// The same of a call that has outlived its message: its result is not sent where it comes too late.
    pub(super) fn end_later(&self, number: u64, ended: Ended<'_>) {
        let is_late =
            || self.lock().calls.get(&number).is_some_and(|record| record.context.is_late());
        self.end(number, if ended.is_ok() && is_late() { Ended::Cancelled } else { ended });
    }

    /// Tells of what was refused before it came to a call.
    pub(super) fn refused(&self, record: &Record, fault: &Fault) {
        self.tell(record, Ended::Failed(&fault.clone().refusing()), Duration::ZERO);
    }

    /// Takes note of a message of which it is found out who has sent it.
    pub(super) fn asks(self: &Arc<Self>, record: Record) -> Asked {
        Asked(Some((Arc::clone(self), self.begin(record))))
    }

    /// Tells of all calls that run that nobody waits for them any more.
    pub(super) fn cut_off(&self) {
        let calls = std::mem::take(&mut self.lock().calls);
        let sentence = "the server has stopped, and waits for the call no longer; it may have run";
        let fault = Fault::new(code::SHUTTING_DOWN, sentence);
        let sentence = "the server has stopped before it was known who calls; nothing has run";
        let asked = Fault::new(code::SHUTTING_DOWN, sentence).refusing();
        for record in calls.into_values() {
            let fault = if record.may_run { &fault } else { &asked };
            self.tell(&record, Ended::Failed(fault), record.at.elapsed());
        }
    }

    fn tell(&self, record: &Record, ended: Ended<'_>, duration: Duration) {
        let Record { method, id, context, arguments, began, .. } = record;
        // Nobody has looked whether they fit: one may be a secret in the place of another.
        let is_refused = ended.fault().is_some_and(Fault::is_refusal);
        let arguments = arguments.as_deref().filter(|_| !is_refused);
        let id = id.as_deref();
        let began = *began;
        self.say(&FinishedCall { method, id, context, arguments, ended, began, duration });
    }

    /// Tells of a call that somebody else was told of.
    pub(super) fn say(&self, call: &FinishedCall<'_>) {
        // Whoever is told has no part in the call, and its panic none in the reply.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.tell)(call)));
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
