//! The items of a call as the body of its response: a part whenever there is room for one.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::{Sleep, sleep};

use crate::dialect::ItemForm;
use crate::json_rpc::{Feed, Part};
use crate::pump::finish::next_part;
use crate::registry::Outlet;
use crate::timing::STILL_THERE;

/// What a call answers with, as long as somebody takes it: whoever drops this wants no more.
pub(super) struct Items {
    /// The next part; none behind the last. Only whoever has all of this looks into it.
    next: Mutex<Option<Next>>,
    form: ItemForm,
    outlet: Outlet,
    /// Whether the server has given its caller up, which the function may have seen and ended.
    is_cut_off: Box<dyn Fn() -> bool + Send + Sync>,
    /// Rings when nothing has been said for long, where that can be said.
    alarm: Option<(Pin<Box<Sleep>>, Instant)>,
    /// Let go of with this.
    _held: Box<dyn Any + Send + Sync>,
}

type Next = Pin<Box<dyn Future<Output = Part> + Send>>;

/// What is said to a reader of events that there is nothing new.
const NOTHING: &[u8] = b":\n\n";

impl Items {
    pub(super) fn new(
        feed: Box<Feed>,
        form: ItemForm,
        is_cut_off: impl Fn() -> bool + Send + Sync + 'static,
        held: impl Any + Send + Sync,
    ) -> Self {
        let alarm = (form == ItemForm::Events).then(|| (rings_in(STILL_THERE), Instant::now()));
        let outlet = feed.outlet().clone();
        Self {
            next: Mutex::new(Some(Box::pin(next_part(feed)))),
            form,
            outlet,
            is_cut_off: Box::new(is_cut_off),
            alarm,
            _held: Box::new(held),
        }
    }

    /// Whether the last part has been given away.
    pub(super) fn is_over(&self) -> bool {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// The next bytes of the body; `None` behind the last.
    pub(super) fn poll(&mut self, task: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let slot = self.next.get_mut().unwrap_or_else(PoisonError::into_inner);
        while let Some(next) = slot {
            let Poll::Ready(Part { said, feed }) = next.as_mut().poll(task) else {
                return self.poll_silence(task).map(Some);
            };
            let (message, is_last) = (said.into_bytes(), feed.is_none());
            *slot = feed.map(|feed| Box::pin(next_part(feed)) as Next);
            if is_last && (self.is_cut_off)() {
                // A stream that was ended so is not to look whole.
                return Poll::Ready(None);
            }
            if !message.is_empty() {
                let part = if is_last { self.form.end(message) } else { message };
                if let Some((_, since)) = &mut self.alarm {
                    *since = Instant::now();
                }
                return Poll::Ready(Some(part.into()));
            }
        }
        Poll::Ready(None)
    }

    /// Is ready when nothing has been said for so long that the reader, or a proxy, may take the connection for dead.
    fn poll_silence(&mut self, task: &mut Context<'_>) -> Poll<Bytes> {
        let Some((alarm, since)) = &mut self.alarm else { return Poll::Pending };
        // It is set anew when it rings, not at every part.
        while alarm.as_mut().poll(task).is_ready() {
            let left = STILL_THERE.saturating_sub(since.elapsed());
            if left.is_zero() {
                *since = Instant::now();
                *alarm = rings_in(STILL_THERE);
                return Poll::Ready(Bytes::from_static(NOTHING));
            }
            *alarm = rings_in(left);
        }
        Poll::Pending
    }
}

fn rings_in(time: Duration) -> Pin<Box<Sleep>> {
    Box::pin(sleep(time))
}

impl Drop for Items {
    fn drop(&mut self) {
        // The function may be on another thread, and ask.
        self.outlet.cut(None);
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("form", &self.form).finish_non_exhaustive()
    }
}
