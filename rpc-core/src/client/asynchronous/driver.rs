//! The task that drives a connection: what is queued out, replies in.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use tokio::time::sleep_until;

use super::connection::Connection;

/// Drives a connection until nobody needs it any more.
pub(super) async fn drive(end: End) {
    let connection = &end.0;
    let mut alarm = pin!(sleep_until(Instant::now().into()));
    let mut alarm_is_set = None;
    let ended = poll_fn(|task| {
        let orders = connection.orders(task);
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
                connection.expire();
            }
        }
        // Whoever has the socket calls the driver if there is something to do when it is put back.
        let Some(io) = orders.io else { return Poll::Pending };
        match connection.advance(io, orders.reads, task) {
            Ok(()) => Poll::Pending,
            Err(lost) => Poll::Ready(Some(lost)),
        }
    });
    if let Some(lost) = ended.await {
        connection.lose(lost);
    }
}

/// Ends a connection for its callers however its driver ends, with its runtime for one, before it has
/// begun even.
pub(super) struct End(pub(super) Arc<Connection>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}
