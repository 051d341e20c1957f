//! What is told of every call that has ended.

use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::protocol::{Fault, OneLine};
use crate::registry::{CallContext, Ended};

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

    /// The dialect the call came in: `native`, `ping`, `json-rpc` or `xml-rpc`.
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

/// Somebody who is told of calls.
#[derive(Clone)]
pub(super) struct Hook(Arc<dyn Fn(&FinishedCall<'_>) + Send + Sync>);

impl Hook {
    /// Tells `next` after whoever was told before.
    pub(super) fn after(
        first: Option<Self>,
        next: impl Fn(&FinishedCall<'_>) + Send + Sync + 'static,
    ) -> Self {
        match first {
            None => Self(Arc::new(next)),
            Some(first) => Self(Arc::new(move |call| {
                first.run(call);
                next(call);
            })),
        }
    }

    fn run(&self, call: &FinishedCall<'_>) {
        // Whoever is told has no part in the call, and its panic none in the reply.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.0)(call)));
    }

    /// Begins to take the time of a call.
    pub(super) fn begin(&self) -> Begun<'_> {
        Begun { hook: self, at: Instant::now() }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// A call that has begun.
#[derive(Clone, Copy)]
pub(super) struct Begun<'h> {
    hook: &'h Hook,
    at: Instant,
}

impl Begun<'_> {
    /// Tells how it has ended.
    pub(super) fn end(self, method: &str, context: &CallContext, ended: Ended<'_>) {
        let ended = if context.is_given_up() { Ended::Cancelled } else { ended };
        let duration = self.at.elapsed();
        self.hook.run(&FinishedCall { method, context, ended, duration });
    }

    /// The same for a call that outlives its message.
    pub(super) fn put_aside(self, method: &Arc<str>, context: &CallContext) -> Watch {
        Watch {
            hook: Some(self.hook.clone()),
            at: self.at,
            method: Arc::clone(method),
            context: context.clone(),
        }
    }
}

/// A call that ends later: cancelled, where this is dropped first.
pub(super) struct Watch {
    hook: Option<Hook>,
    at: Instant,
    method: Arc<str>,
    context: CallContext,
}

impl Watch {
    /// Tells how it has ended, once.
    pub(super) fn end(&mut self, ended: Ended<'_>) {
        if let Some(hook) = self.hook.take() {
            Begun { hook: &hook, at: self.at }.end(&self.method, &self.context, ended);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(Ended::Cancelled);
    }
}
