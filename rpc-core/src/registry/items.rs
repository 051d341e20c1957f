//! Asks functions for items, and sends them as fast as their caller takes them.

use std::future::poll_fn;
#[cfg(feature = "streams")]
use std::pin::pin;
#[cfg(feature = "streams")]
use std::task::Poll;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::protocol::Fault;

use super::Outlet;

/// Sends what a function iterates over, each as what `checked` makes of it; a fault is the last. Says what the call
/// returns when all has been sent.
pub(crate) async fn send_all<I: Iterator, T: Serialize>(
    outlet: Outlet,
    mut items: I,
    checked: impl Fn(I::Item) -> Result<T, Fault>,
) -> Result<String, Fault> {
    let mut pace = Pace::begin();
    let are_news = outlet.notifies();
    loop {
        // What its caller is to see may be what the function waits for an answer to.
        let may_wait = outlet.converses() && items.size_hint().0 == 0;
        let (seen, mut has_waited) = (pace.is_slow() || may_wait || are_news, false);
        poll_fn(|task| {
            let ready = outlet.poll_ready(seen, task);
            has_waited |= ready.is_pending();
            ready
        })
        .await;
        if has_waited {
            pace = Pace::begin();
        }
        match items.next() {
            Some(item) => outlet.send(&checked(item)?)?,
            None => return outlet.end(),
        }
    }
}

/// How long a function takes over each item.
struct Pace(Instant);

impl Pace {
    fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether the last item took so long that its caller wants to see it before there is another.
    #[inline]
    fn is_slow(&mut self) -> bool {
        const SLOW: Duration = Duration::from_micros(20);
        let now = Instant::now();
        let took = now.duration_since(self.0);
        self.0 = now;
        took > SLOW
    }
}

/// Sends what a function's stream has. While there is nothing, what was sent before travels.
#[cfg(feature = "streams")]
pub(crate) async fn send_stream<S: futures_core::Stream, T: Serialize>(
    outlet: Outlet,
    stream: S,
    checked: impl Fn(S::Item) -> Result<T, Fault>,
) -> Result<String, Fault> {
    let mut stream = pin!(stream);
    loop {
        let next = poll_fn(|task| match outlet.poll_ready(false, task) {
            Poll::Ready(()) => stream.as_mut().poll_next(task),
            Poll::Pending => Poll::Pending,
        });
        match next.await {
            Some(item) => outlet.send(&checked(item)?)?,
            None => return outlet.end(),
        }
    }
}
