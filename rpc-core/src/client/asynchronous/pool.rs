//! The connections of an asynchronous client by HTTP, each with one call at a time.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::link::Link;

/// Connections that are open, and room for so many calls at a time.
#[derive(Debug)]
pub(super) struct Pool {
    links: Mutex<Vec<Arc<Link>>>,
    room: Arc<Semaphore>,
}

/// Room for one call, until this is dropped.
pub(super) type Room = OwnedSemaphorePermit;

impl Pool {
    pub(super) fn new(connections: usize) -> Self {
        let room = connections.min(Semaphore::MAX_PERMITS);
        Self { links: Mutex::default(), room: Arc::new(Semaphore::new(room)) }
    }

    /// A connection that carries no call, taken for one, if there is one and room for it.
    pub(super) fn try_take(&self) -> Option<Arc<Link>> {
        let room = Arc::clone(&self.room).try_acquire_owned().ok()?;
        self.take(room).ok()
    }

    /// Waits for room for a call.
    pub(super) async fn room(&self) -> Room {
        match Arc::clone(&self.room).acquire_owned().await {
            Ok(room) => room,
            // It is never closed, which is all that could go wrong.
            Err(_) => pending().await,
        }
    }

    /// A connection that carries no call, taken for one; gives the room back where there is none.
    pub(super) fn take(&self, mut room: Room) -> Result<Arc<Link>, Room> {
        let mut links = self.lock();
        for link in &*links {
            room = match link.take(room) {
                None => return Ok(Arc::clone(link)),
                Some(room) => room,
            };
        }
        links.retain(|link| link.is_open());
        Err(room)
    }

    /// Keeps a connection for further calls.
    pub(super) fn keep(&self, link: Arc<Link>) {
        self.lock().push(link);
    }

    /// Takes all connections out.
    pub(super) fn drain(&self) -> Vec<Arc<Link>> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
