//! Has a call take its course: the one place where policies wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::error::Error;

use super::super::raw_json::decoded;
use super::super::{Blocking, FromError, Kind, Notify, OutcomeOf, OwnedCall, RawJson, Stub};
use super::Policy;
use super::course::{Course, Step};

/// A kind of stubs that policies can be put before: [`Blocking`], and with the feature `tokio` every
/// [`Async`](crate::client::Async).
#[diagnostic::on_unimplemented(
    message = "a policy cannot stand before a stub of the kind `{Self}`",
    note = "it can before `Blocking` and, with the feature `tokio`, `Async<…>`"
)]
pub trait Drive: Kind + Sized {
    /// The kind of a stub of this kind behind a policy.
    type Layered: Kind;

    /// Has a call take its course.
    #[doc(hidden)]
    fn drive<M, S, P, T, E>(
        layers: &Arc<(S, P)>,
        call: Result<OwnedCall, Error>,
    ) -> <Self::Layered as Kind>::Outcome<T, E>
    where
        M: Means<S>,
        S: Stub<Kind = Self> + Send + Sync + 'static,
        P: Policy,
        T: DeserializeOwned + Send + 'static,
        E: FromError;
}

/// A way to send a call.
#[doc(hidden)]
#[allow(unreachable_pub)] // A trait that is in reach names it.
pub trait Means<S: Stub>: 'static {
    /// What comes of it where all goes well.
    type Result: DeserializeOwned + Send + 'static;

    fn send(stub: &S, call: &OwnedCall) -> OutcomeOf<S, Self::Result>;

    fn result(result: Self::Result) -> Result<RawJson, Error>;
}

/// Calls, and gets a result.
#[derive(Debug)]
#[allow(unreachable_pub)]
pub struct Calling;

impl<S: Stub> Means<S> for Calling {
    type Result = RawJson;

    fn send(stub: &S, call: &OwnedCall) -> OutcomeOf<S, RawJson> {
        call.send(stub)
    }

    fn result(result: RawJson) -> Result<RawJson, Error> {
        Ok(result)
    }
}

/// Calls, and wants no reply.
#[derive(Debug)]
#[allow(unreachable_pub)]
pub struct Notifying;

impl<S: Notify> Means<S> for Notifying {
    type Result = ();

    fn send(stub: &S, call: &OwnedCall) -> OutcomeOf<S, ()> {
        stub.notify(call.invocation())
    }

    fn result((): ()) -> Result<RawJson, Error> {
        RawJson::of(&())
    }
}

impl Drive for Blocking {
    type Layered = Self;

    fn drive<M, S, P, T, E>(layers: &Arc<(S, P)>, call: Result<OwnedCall, Error>) -> Result<T, E>
    where
        M: Means<S>,
        S: Stub<Kind = Self> + Send + Sync + 'static,
        P: Policy,
        T: DeserializeOwned + Send + 'static,
        E: FromError,
    {
        let (stub, policy) = &**layers;
        let mut course = Course::new(policy, call.map_err(E::from_error)?);
        let parking = Parking::of_this_thread();
        let mut step = course.next(&parking.waker);
        loop {
            step = match step {
                Step::Send(call) => course.came(M::send(stub, &call).and_then(M::result)),
                Step::Wait(wait) => {
                    thread::sleep(wait);
                    course.next(&parking.waker)
                }
                Step::Park(until) => {
                    parking.park(until);
                    course.next(&parking.waker)
                }
                Step::Done(outcome) => return decoded(outcome, course.method()),
            };
        }
    }
}

/// A thread that waits to be woken.
struct Parking {
    signal: Arc<Signal>,
    waker: Waker,
}

struct Signal {
    is_woken: AtomicBool,
    thread: Thread,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Parking {
    fn of_this_thread() -> Self {
        thread_local! {
            static SIGNAL: Arc<Signal> = Arc::new(Signal {
                is_woken: AtomicBool::new(false),
                thread: thread::current(),
            });
        }
        let signal = SIGNAL.with(Arc::clone);
        Self { waker: Waker::from(Arc::clone(&signal)), signal }
    }

    /// Waits until the waker is woken, or this time has come.
    fn park(&self, until: Option<Instant>) {
        while !self.signal.is_woken.swap(false, Ordering::Acquire) {
            match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return,
                Some(left) => thread::park_timeout(left),
                None => thread::park(),
            }
        }
    }
}

#[cfg(feature = "tokio")]
mod asynchronous {
    //! The same without blocking.

    use std::future::poll_fn;
    use std::task::Poll;

    use tokio::time::{sleep, timeout_at};

    use super::super::super::{Async, Boxed, BoxedCall, Futures};
    use super::{
        Arc, Course, DeserializeOwned, Drive, Error, FromError, Means, OwnedCall, Policy, Step,
        Stub, decoded,
    };

    impl<F: Futures> Drive for Async<F> {
        type Layered = Async<Boxed>;

        fn drive<M, S, P, T, E>(
            layers: &Arc<(S, P)>,
            call: Result<OwnedCall, Error>,
        ) -> BoxedCall<T, E>
        where
            M: Means<S>,
            S: Stub<Kind = Self> + Send + Sync + 'static,
            P: Policy,
            T: DeserializeOwned + Send + 'static,
            E: FromError,
        {
            let layers = Arc::clone(layers);
            Box::pin(async move {
                let (stub, policy) = &*layers;
                let mut course = Course::new(policy, call.map_err(E::from_error)?);
                let mut step = admitted(&mut course).await;
                loop {
                    step = match step {
                        Step::Send(call) => {
                            let sent = M::send(stub, &call);
                            course.came(sent.await.and_then(M::result))
                        }
                        Step::Wait(wait) => {
                            sleep(wait).await;
                            admitted(&mut course).await
                        }
                        Step::Park(until) => {
                            match until {
                                // Either way the course looks at the time.
                                Some(until) => drop(timeout_at(until.into(), woken()).await),
                                None => woken().await,
                            }
                            admitted(&mut course).await
                        }
                        Step::Done(outcome) => return decoded(outcome, course.method()),
                    };
                }
            })
        }
    }

    /// What a call needs next; the policy is given the waker of the task that asks.
    async fn admitted<P: Policy>(course: &mut Course<'_, P>) -> Step {
        poll_fn(|task| Poll::Ready(course.next(task.waker()))).await
    }

    /// Waits for the task to be woken, whoever wakes it.
    async fn woken() {
        let mut is_first = true;
        poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) })
            .await;
    }
}
