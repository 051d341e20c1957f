//! Waits for several replies at once, and looks only after those that something has happened to.

use std::future::poll_fn;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::reply::Reply;

/// Waits for all of them, and returns them in their order.
pub(super) async fn side_by_side(replies: Vec<Reply>) -> Vec<Vec<u8>> {
    let task = Arc::<Mutex<Option<Waker>>>::default();
    let mut waiting = replies.len();
    let mut parts: Vec<Part> = replies.into_iter().map(|reply| Part::new(reply, &task)).collect();
    poll_fn(|context| {
        *task.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        waiting -= parts.iter_mut().filter_map(Part::look).count();
        if waiting == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    parts.into_iter().map(|part| part.reply).collect()
}

/// A reply, and what wakes the task for it.
struct Part {
    alarm: Arc<Alarm>,
    waker: Waker,
    coming: Option<Reply>,
    reply: Vec<u8>,
}

impl Part {
    fn new(coming: Reply, task: &Arc<Mutex<Option<Waker>>>) -> Self {
        let alarm = Arc::new(Alarm { rings: AtomicBool::new(true), task: Arc::clone(task) });
        let waker = Waker::from(Arc::clone(&alarm));
        Self { alarm, waker, coming: Some(coming), reply: Vec::new() }
    }

    /// Looks after it if something has happened to it; whether it has come now.
    fn look(&mut self) -> Option<()> {
        let coming = self.coming.as_mut()?;
        if !self.alarm.rings.swap(false, Ordering::AcqRel) {
            return None;
        }
        match coming.as_mut().poll(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(reply) => {
                self.reply = reply;
                self.coming = None;
                Some(())
            }
            Poll::Pending => None,
        }
    }
}

/// Rings when something has happened to a part.
struct Alarm {
    rings: AtomicBool,
    task: Arc<Mutex<Option<Waker>>>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        if self.rings.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = mem::take(&mut *task) {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::Waker;
    use std::thread;

    use super::side_by_side;
    use crate::json_rpc::reply::Reply;
    use crate::pump::block_on;

    #[test]
    fn replies_come_in_their_order_whichever_is_there_first() {
        let (wakers, woken) = mpsc::channel::<(u8, Waker)>();
        let replies = (0..100_u8).map(|number| -> Reply {
            let wakers = wakers.clone();
            let mut has_slept = false;
            Box::pin(std::future::poll_fn(move |task| {
                if std::mem::replace(&mut has_slept, true) {
                    return std::task::Poll::Ready(vec![number]);
                }
                let _ = wakers.send((number, task.waker().clone()));
                std::task::Poll::Pending
            }))
        });
        let replies = replies.collect();
        let waking = thread::spawn(move || {
            let mut wakers: Vec<_> = woken.iter().take(100).collect();
            wakers.sort_by_key(|(number, _)| *number);
            wakers.into_iter().rev().for_each(|(_, waker)| waker.wake());
        });
        let replies = block_on(side_by_side(replies));
        assert_eq!(replies.concat(), (0..100).collect::<Vec<_>>());
        assert!(waking.join().is_ok());
    }
}
