//! Behaviour between a stub and its connection, written once for clients that block and clients that
//! do not.

mod course;
mod drive;
mod layered;

use std::task::Waker;
use std::time::{Duration, Instant};

pub use drive::Drive;
pub use layered::Layered;

use crate::error::Error;

use super::{OwnedCall, RawJson};

/// Decides what becomes of calls: sees each of them before it is sent and when it has ended.
///
/// A policy decides and never waits, so that one serves [`RpcClient`](crate::RpcClient) and
/// `AsyncRpcClient`. [`Stub::with`](crate::Stub::with) puts it before a client;
/// of several, the one that is put on last decides first.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// use rpc_core::client::{Attempt, Policy, RawJson, Verdict};
/// use rpc_core::{Error, RpcClient, RpcServer, Stub, call, rpc_export};
///
/// #[rpc_export(idempotent)]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// /// Calls again, three times, what may be run twice.
/// struct Retry;
///
/// impl Policy for Retry {
///     fn outcome(&self, attempt: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
///         match outcome {
///             Err(error) if attempt.number() < 3 && (attempt.call().is_idempotent() || !error.may_have_run()) => {
///                 Verdict::Retry(Duration::from_millis(10) * attempt.number())
///             }
///             _ => Verdict::Return,
///         }
///     }
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?.with(Retry);
/// assert_eq!(call!(client.add(1, 2))?, 3);
/// # Ok::<(), Error>(())
/// ```
pub trait Policy: Send + Sync + 'static {
    /// Decides on an attempt before it is sent, and may change its [call](Attempt::call_mut).
    ///
    /// It is asked again after a [`Wait`](Admission::Wait) or a [`Park`](Admission::Park), and may be
    /// asked more often than `waker` was woken.
    fn admit(&self, attempt: &mut Attempt<'_>, waker: &Waker) -> Admission {
        let _ = (attempt, waker);
        Admission::Go
    }

    /// Decides what becomes of an attempt that has ended.
    fn outcome(&self, attempt: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        let _ = (attempt, outcome);
        Verdict::Return
    }

    /// Is told that the attempt of this [id](Attempt::id) is over, once for each attempt that it was
    /// asked about: because it ended, was answered or given up, whatever came of it.
    fn ended(&self, id: u64) {
        let _ = id;
    }
}

/// What becomes of an attempt before it is sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum Admission {
    /// It is sent, as the policy has left it.
    Go,
    /// The policy is asked again after this long.
    Wait(Duration),
    /// The policy is asked again once it has woken the waker, which it keeps.
    Park,
    /// It is not sent, and comes to this. It is not shown to [`Policy::outcome`].
    Answer(Result<RawJson, Error>),
}

/// What becomes of an attempt that has ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// The caller gets its outcome.
    Return,
    /// The call is made again after this long. If no time is left for that, the caller gets this
    /// attempt's outcome.
    Retry(Duration),
    /// The caller gets this instead.
    Replace(Result<RawJson, Error>),
}

/// One try of a call, as a [`Policy`] sees it.
#[derive(Debug)]
pub struct Attempt<'c> {
    call: &'c mut OwnedCall,
    id: u64,
    number: u32,
    begun: Instant,
    deadline: Option<Instant>,
    now: Instant,
}

impl Attempt<'_> {
    /// Returns the call.
    pub fn call(&self) -> &OwnedCall {
        self.call
    }

    /// Returns the call, to change it. What is changed stays so in later attempts. Its timeout bounds each
    /// attempt from now on; the bound of the whole call stays what it was when the call was made.
    pub fn call_mut(&mut self) -> &mut OwnedCall {
        self.call
    }

    /// Returns the number by which this attempt is told from all others in the process; those of later
    /// attempts are higher.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns which attempt of the call this is, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Returns how long the call has taken so far, with all its attempts.
    pub fn elapsed(&self) -> Duration {
        self.now.saturating_duration_since(self.begun)
    }

    /// Returns how long the call may still take, where it is bounded.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(self.now))
    }
}
