//! Replies that wait for their peer to take them, and the bound on what they take together.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The replies of one connection that are there and have not been written.
#[derive(Debug)]
pub(super) struct Pile {
    bytes: AtomicUsize,
    limit: usize,
    room: Notify,
}

impl Pile {
    /// Starts with none, for `limit` bytes and one reply of each call that runs by then.
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), limit, room: Notify::new() }
    }

    /// Whether calls are to wait until the peer has taken some.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Acquire) >= self.limit.max(1)
    }

    /// Lets a call begin when there is room, and puts its reply there.
    pub(super) async fn put<R: AsRef<[u8]>>(&self, reply: impl Future<Output = R>) -> R {
        while self.is_full() {
            let room = self.room.notified();
            // There may be some since this was asked.
            if self.is_full() {
                room.await;
            }
        }
        let reply = reply.await;
        self.bytes.fetch_add(reply.as_ref().len(), Ordering::AcqRel);
        reply
    }

    /// Takes a reply away.
    pub(super) fn take(&self, reply: &[u8]) {
        let was_full = self.is_full();
        self.bytes.fetch_sub(reply.len(), Ordering::AcqRel);
        if was_full && !self.is_full() {
            self.room.notify_waiters();
        }
    }
}
