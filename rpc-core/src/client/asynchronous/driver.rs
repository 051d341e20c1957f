//! The task that drives a connection: what is queued out, replies in.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use tokio::time::sleep_until;

use super::super::lost::Lost;
use super::link::Link;

/// Drives a connection until nobody needs it any more.
pub(super) async fn drive(end: End) {
    let link = &end.0;
    let mut alarm = pin!(sleep_until(Instant::now().into()));
    let mut alarm_is_set = None;
    let ended = poll_fn(|task| {
        loop {
            let mut wire = link.wire();
            let Some(wire) = &mut *wire else { return Poll::Ready(None) };
            let orders = link.orders(&mut wire.outgoing, task);
            if orders.is_over {
                return Poll::Ready(None);
            }
            if let Some(deadline) = orders.alarm {
                if alarm_is_set != Some(deadline.at()) {
                    alarm_is_set = Some(deadline.at());
                    alarm.as_mut().reset(deadline.at().into());
                }
                if alarm.as_mut().poll(task).is_ready() {
                    alarm_is_set = None;
                    link.expire();
                }
            }
            let resumes = wire.is_under_way();
            let moved = wire.write(link, task).and_then(|written| {
                if orders.reads {
                    wire.read(link, None)?;
                }
                Ok(written)
            });
            match moved {
                // More may have been queued while this could not be written.
                Ok(true) if resumes => {}
                // Whoever queues more wakes this task.
                Ok(_) => return Poll::Pending,
                Err(lost) => return Poll::Ready(Some(lost)),
            }
        }
    });
    if let Some(lost) = ended.await {
        link.lose(lost);
    }
}

/// Ends a connection for its callers however its driver ends, with its runtime for one, before it has
/// begun even.
pub(super) struct End(pub(super) Arc<Link>);

impl Drop for End {
    fn drop(&mut self) {
        let wire = self.0.wire().take();
        if let Some(wire) = wire {
            wire.close(&self.0);
        }
        self.0.lose(Lost::closed());
    }
}
