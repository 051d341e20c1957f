//! The connections of an asynchronous client by HTTP, each with one call at a time.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::Connection;

/// Connections that are open, and permits for so many calls at a time.
#[derive(Debug)]
pub(super) struct Pool {
    connections: Mutex<Vec<Arc<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(connections: usize) -> Self {
        let permits = connections.min(Semaphore::MAX_PERMITS);
        Self { connections: Mutex::default(), permits: Arc::new(Semaphore::new(permits)) }
    }

    /// A connection that carries no call, taken for one, if there is one and a permit.
    pub(super) fn try_take(&self) -> Option<Arc<Connection>> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        self.take(permit).ok()
    }

    /// Waits for the permit for a call.
    pub(super) async fn permit(&self) -> OwnedSemaphorePermit {
        match Arc::clone(&self.permits).acquire_owned().await {
            Ok(permit) => permit,
            // It is never closed, which is all that could go wrong.
            Err(_) => pending().await,
        }
    }

    /// A connection that carries no call, taken for one, which holds the permit; returns that where
    /// there is none.
    pub(super) fn take(
        &self,
        mut permit: OwnedSemaphorePermit,
    ) -> Result<Arc<Connection>, OwnedSemaphorePermit> {
        let mut connections = self.lock();
        for connection in &*connections {
            permit = match connection.take(permit) {
                None => return Ok(Arc::clone(connection)),
                Some(permit) => permit,
            };
        }
        connections.retain(|connection| connection.is_open());
        Err(permit)
    }

    /// Keeps a connection for further calls.
    pub(super) fn keep(&self, connection: Arc<Connection>) {
        self.lock().push(connection);
    }

    /// Takes all connections out.
    pub(super) fn drain(&self) -> Vec<Arc<Connection>> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
