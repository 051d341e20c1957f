//! The life of one call under a policy, without sending or waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::error::{Error, IoError, IoErrorKind};

use super::super::{OwnedCall, RawJson};
use super::{Admission, Attempt, Policy, Verdict};

/// What a call needs next.
#[derive(Debug)]
pub(in super::super) enum Step {
    /// It is to be sent; [`Course::came`] is to be told what that came to.
    Send(OwnedCall),
    /// It waits for so long.
    Wait(Duration),
    /// It waits to be woken, or for this time to come.
    Park(Option<Instant>),
    /// It is over.
    Done(Result<RawJson, Error>),
}

/// One call under a policy.
pub(in super::super) struct Course<'p, P: Policy> {
    policy: &'p P,
    call: OwnedCall,
    /// The attempt that the policy was asked about and not told the end of.
    asked: Option<u64>,
    number: u32,
    begun: Instant,
    deadline: Option<Instant>,
    /// What is to come of the call if no time is left before the next attempt.
    last: Option<Result<RawJson, Error>>,
    /// Whether an earlier attempt may have run.
    may_have_run: bool,
}

impl<'p, P: Policy> Course<'p, P> {
    pub(in super::super) fn new(policy: &'p P, call: OwnedCall) -> Self {
        let begun = Instant::now();
        let deadline = call.timeout().and_then(|timeout| begun.checked_add(timeout));
        Self {
            policy,
            call,
            asked: None,
            number: 1,
            begun,
            deadline,
            last: None,
            may_have_run: false,
        }
    }

    /// The function's name.
    pub(in super::super) fn method(&self) -> &str {
        self.call.method()
    }

    /// What the call needs next, before it is sent or after it has waited.
    pub(in super::super) fn next(&mut self, waker: &Waker) -> Step {
        let now = Instant::now();
        if self.left(now).is_some_and(|left| left.is_zero()) {
            return self.no_time_left();
        }
        let id = *self.asked.get_or_insert_with(next_id);
        let mut attempt = Attempt {
            call: &mut self.call,
            id,
            number: self.number,
            begun: self.begun,
            deadline: self.deadline,
            now,
        };
        match self.policy.admit(&mut attempt, waker) {
            Admission::Go => {
                self.last = None;
                Step::Send(self.to_send(now))
            }
            Admission::Wait(wait) => self.wait(wait, now),
            Admission::Park => Step::Park(self.deadline),
            Admission::Answer(outcome) => self.done(outcome),
        }
    }

    /// What the call needs next, once an attempt has come to `outcome`.
    pub(in super::super) fn came(&mut self, outcome: Result<RawJson, Error>) -> Step {
        let (now, id) = (Instant::now(), self.asked.unwrap_or_default());
        let attempt = Attempt {
            call: &mut self.call,
            id,
            number: self.number,
            begun: self.begun,
            deadline: self.deadline,
            now,
        };
        match self.policy.outcome(&attempt, &outcome) {
            Verdict::Return => self.done(outcome),
            Verdict::Replace(other) => self.done(other),
            Verdict::Retry(wait) => {
                self.end_attempt();
                self.number = self.number.saturating_add(1);
                self.may_have_run |= outcome.as_ref().err().is_none_or(Error::may_have_run);
                self.last = Some(outcome);
                self.wait(wait, now)
            }
        }
    }

    /// The call as it is sent: for as long as there is.
    fn to_send(&self, now: Instant) -> OwnedCall {
        let mut call = self.call.clone();
        // A policy may have bounded this attempt by less.
        let bounds = [self.left(now), self.call.timeout()];
        call.set_timeout(bounds.into_iter().flatten().min());
        call
    }

    fn left(&self, now: Instant) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Waits, unless the call's time ends first: then it waits for nothing.
    fn wait(&mut self, wait: Duration, now: Instant) -> Step {
        match self.left(now) {
            Some(left) if left <= wait => self.no_time_left(),
            _ => Step::Wait(wait),
        }
    }

    fn no_time_left(&mut self) -> Step {
        let outcome = self.last.take().unwrap_or_else(|| {
            let limit = self.deadline.map_or(Duration::MAX, |end| end.duration_since(self.begun));
            let doing = format!("calling `{}`", self.call.method());
            let error = IoError::new(IoErrorKind::TimedOut(limit), doing);
            Err(error.may_have_run(self.may_have_run).into())
        });
        self.done(outcome)
    }

    fn done(&mut self, mut outcome: Result<RawJson, Error>) -> Step {
        self.end_attempt();
        if let Err(error) = &mut outcome
            && self.may_have_run
        {
            error.set_may_have_run();
        }
        Step::Done(outcome)
    }

    fn end_attempt(&mut self) {
        if let Some(id) = self.asked.take() {
            self.policy.ended(id);
        }
    }
}

impl<P: Policy> Drop for Course<'_, P> {
    fn drop(&mut self) {
        // A policy that has panicked is told by that panic, beside which another would end the process.
        let _ = catch_unwind(AssertUnwindSafe(|| self.end_attempt()));
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
