//! Does what must be done for a reply, where threads of a runtime must not be blocked.

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, spawn_blocking};
use tokio::time::timeout;

use crate::json_rpc::{Feed, Later, Part, Said};
use crate::protocol::{Fault, code};
use crate::registry::{Job, caught};

/// Does what must be done for a reply, for no longer than its caller waits, and returns it: empty
/// where none is wanted. What blocks a thread runs on one of the runtime's own.
pub(crate) async fn finish(mut later: Later) -> Vec<u8> {
    let limit = later.take_limit();
    let reply = later.reply_with(&|job| Box::pin(on_another_thread(job)));
    match limit {
        Some((limit, late)) => timeout(limit, reply).await.unwrap_or(late),
        None => reply.await,
    }
}

/// Runs what blocks a thread on one of the runtime's own. Where nobody waits for it any more before one
/// is free, it is not begun. Where the runtime has none and can make none, that is said.
pub(crate) async fn on_another_thread(job: Job) -> Result<String, Fault> {
    struct Wanted(AbortHandle);
    impl Drop for Wanted {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    const NO_THREAD: &str = "the server can make no thread for the call now (memory, `ulimit -u` or \
                             `TasksMax=` are used up); try again later";
    const STOPS: &str = "the server stops, and has not run the call";
    let refused = |code, why| Err(Fault::new(code, why).refusing());
    // tokio panics then.
    let Some(job) = caught(|| spawn_blocking(job)) else {
        return refused(code::OVERLOADED, NO_THREAD);
    };
    let _wanted = Wanted(job.abort_handle());
    // It answers for its own panics; what else ends it is that the runtime does.
    job.await.unwrap_or_else(|_| refused(code::SHUTTING_DOWN, STOPS))
}

/// The next part of what a call answers with, for which its caller waits no longer than they have said.
pub(crate) async fn next_part(feed: Box<Feed>) -> Part {
    let (left, late) = (feed.left(), feed.late());
    let next = async move {
        if !feed.blocks() {
            return feed.next().await;
        }
        let runtime = Handle::current();
        let asked = caught(|| spawn_blocking(move || runtime.block_on(feed.next())));
        let nothing = Part { said: Said::default(), feed: None };
        match asked {
            Some(asked) => asked.await.unwrap_or(nothing),
            None => nothing,
        }
    };
    match left {
        Some(left) => timeout(left, next).await.unwrap_or(late),
        None => next.await,
    }
}
