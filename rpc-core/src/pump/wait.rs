//! Waits for a future on a thread that may be blocked.
//!
//! With the feature `tokio` there is a runtime for what needs one (a timer, a socket, a task of its
//! own): one for the process, made when the first future is waited for, so after a fork and in the
//! child.

use std::pin::Pin;
use std::time::Duration;

/// A future that is waited for.
pub(crate) type Awaited<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Waits for a future to end, but no longer than `limit`; `None` where it has not ended by then, and is
/// dropped.
#[cfg(feature = "tokio")]
pub(crate) fn wait<T: Send + 'static>(future: Awaited<T>, limit: Option<Duration>) -> Option<T> {
    runtime::run(async move {
        match limit {
            Some(limit) => tokio::time::timeout(limit, future).await.ok(),
            None => Some(future.await),
        }
    })
}

/// The same without a runtime: futures that need none.
#[cfg(not(feature = "tokio"))]
pub(crate) fn wait<T: Send + 'static>(future: Awaited<T>, limit: Option<Duration>) -> Option<T> {
    super::block_on::block_on_for(future, limit)
}

#[cfg(feature = "tokio")]
mod runtime {
    //! The runtime of the process, and who waits for it.

    use std::cell::Cell;
    use std::future::pending;
    use std::io;
    use std::sync::mpsc::sync_channel;
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::thread;

    use tokio::runtime::{Builder, Handle, Runtime};

    static RUNTIME: OnceLock<Handle> = OnceLock::new();

    thread_local! {
        /// Whether this thread looks after a runtime of ours.
        static DRIVES: Cell<bool> = const { Cell::new(false) };
    }

    /// Runs a future to its end.
    pub(super) fn run<T: Send + 'static>(
        future: impl Future<Output = Option<T>> + Send + 'static,
    ) -> Option<T> {
        if Handle::try_current().is_err() {
            return match runtime() {
                Some(runtime) => runtime.block_on(future),
                // Without a thread that looks after it, the future has one to itself, on this thread.
                None => match build() {
                    Ok(own) => own.block_on(future),
                    Err(_) => super::super::block_on::block_on(future),
                },
            };
        }
        // A thread of a runtime must not enter another: a thread of the future's own does, which it may
        // block. The thread that drives our runtime must not wait for it, and has another made.
        let drives = DRIVES.get();
        let (sender, receiver) = sync_channel(1);
        let run = move || {
            let ended = match runtime() {
                Some(runtime) if !drives => runtime.block_on(future),
                _ => build().ok().and_then(|other| other.block_on(future)),
            };
            sender.send(ended)
        };
        thread::Builder::new().name("rpc call".to_owned()).spawn(run).ok()?;
        receiver.recv().ok().flatten()
    }

    /// The runtime of the process; `None` where it cannot be made now.
    #[inline]
    fn runtime() -> Option<&'static Handle> {
        RUNTIME.get().or_else(begin)
    }

    #[cold]
    fn begin() -> Option<&'static Handle> {
        static BEGINS: Mutex<()> = Mutex::new(());
        let _begins = BEGINS.lock().unwrap_or_else(PoisonError::into_inner);
        if RUNTIME.get().is_none() {
            let _ = RUNTIME.set(start()?);
        }
        RUNTIME.get()
    }

    /// Starts the thread that looks after the timers, sockets and tasks of the runtime; `None` where
    /// the operating system refuses.
    fn start() -> Option<Handle> {
        let (sender, receiver) = sync_channel(1);
        let drive = move || {
            if let Ok(runtime) = build() {
                DRIVES.set(true);
                let _ = sender.send(runtime.handle().clone());
                runtime.block_on(pending::<()>());
            }
        };
        thread::Builder::new().name("rpc runtime".to_owned()).spawn(drive).ok()?;
        receiver.recv().ok()
    }

    fn build() -> io::Result<Runtime> {
        Builder::new_current_thread().enable_io().enable_time().build()
    }
}
