//! Asks functions for items, and sends them as fast as their caller takes them.

use std::future::poll_fn;
#[cfg(feature = "streams")]
use std::mem;
#[cfg(feature = "streams")]
use std::pin::pin;
#[cfg(feature = "streams")]
use std::task::ready;
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
    let (are_news, converses) = (outlet.notifies(), outlet.converses());
    let mut seen = false;
    loop {
        poll_fn(|task| outlet.poll_ready(seen, task)).await;
        // How long its caller took to have room is not the function's time.
        let mut pace = Pace::begin();
        loop {
            let Some(item) = items.next() else { return outlet.end() };
            // What its caller is to see may be what the function waits for an answer to.
            let may_wait = converses && items.size_hint().0 == 0;
            seen = pace.is_slow() || may_wait || are_news;
            if !outlet.send(&checked(item)?, seen)? {
                break;
            }
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
    let mut has_room = false;
    loop {
        let next = poll_fn(|task| {
            if !mem::take(&mut has_room) {
                ready!(outlet.poll_ready(false, task));
            }
            stream.as_mut().poll_next(task)
        });
        match next.await {
            Some(item) => has_room = outlet.send(&checked(item)?, false)?,
            None => return outlet.end(),
        }
    }
}
