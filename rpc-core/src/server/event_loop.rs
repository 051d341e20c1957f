//! Every connection at once, on one thread or a few.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::error::{Error, IoError, IoErrorKind};
use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::End;
use crate::pump::asynchronous::{Presence, Pump};
use crate::registry::CallContext;
use crate::transport::AsyncSocket;

use super::Concurrency;
use super::busy::Busy;
use super::listener::{AsyncListener, Listener, Rest};
use super::peer::connected_async;
use super::service::{Service, Visit, is_about_one_connection};

/// Serves every connection at once on one thread, or on a few (feature `tokio`).
///
/// Plain functions run where they are, one after another on each thread, so they must not block;
/// one that does is declared `#[rpc_export(blocking)]` and runs on a pool of threads. Asynchronous
/// functions run side by side. Calls with an id may overtake each other; calls without keep their
/// order. An idle connection costs about a kilobyte.
#[derive(Debug, Clone, Copy)]
pub struct EventLoop {
    /// Threads, each with a loop of its own. 1 by default, which is fastest where the functions
    /// take little time.
    pub threads: usize,
    /// Connections at one time, on each thread; one more is answered with a busy fault (-32000).
    /// 65 536 by default.
    pub max_connections: usize,
}

impl Default for EventLoop {
    fn default() -> Self {
        Self { threads: 1, max_connections: 65_536 }
    }
}

#[allow(private_interfaces)]
impl Concurrency for EventLoop {
    fn name(&self) -> &'static str {
        "event-loop"
    }

    fn run<A: Answer>(self, listener: &Listener, service: &Service<A>) -> Result<(), Error> {
        let failed =
            |source| IoError::new(IoErrorKind::Listen, "starting an event loop").because(source);
        let mut others = Vec::new();
        for _ in 1..self.threads {
            let (listener, service) = (listener.try_clone().map_err(failed)?, service.clone());
            let run = move || run_loop(&listener, &service, self.max_connections);
            let thread = thread::Builder::new().name("rpc event loop".to_owned()).spawn(run);
            others.push(thread.map_err(failed)?);
        }
        let ended = run_loop(listener, service, self.max_connections).map_err(failed);
        for thread in others {
            // A loop's thread ends when the service is stopped; a panic in it has been reported.
            let _ = thread.join();
        }
        Ok(ended?)
    }
}

/// Runs one loop on this thread until the service is stopped and its connections have ended.
pub(super) fn run_loop<A: Answer>(
    listener: &Listener,
    service: &Service<A>,
    max_connections: usize,
) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let ended = runtime.block_on(async {
        let listener = AsyncListener::copy_of(listener)?;
        serve_on(listener, service, max_connections, |_| service.stop().take_rest()).await;
        Ok(())
    });
    // A function that blocks its thread for longer than the stop timeout is not waited for.
    runtime.shutdown_background();
    ended
}

/// Accepts and serves connections on the runtime that polls this, until the service is stopped; then
/// `rest` gives up the listener and says who connected before and is still to be served.
pub(super) async fn serve_on<A: Answer>(
    listener: AsyncListener,
    service: &Service<A>,
    max_connections: usize,
    rest: impl FnOnce(AsyncListener) -> Rest,
) {
    // What keeps a connection from being accepted (no descriptor is left, say) passes; trying again
    // at once would only burn time.
    const PAUSE: Duration = Duration::from_millis(50);
    let mut connections = JoinSet::new();
    let mut stopped = pin!(service.stop().stopped());
    loop {
        let accepted = poll_fn(|task| {
            while let Poll::Ready(Some(_)) = connections.poll_join_next(task) {}
            if stopped.as_mut().poll(task).is_ready() {
                return Poll::Ready(None);
            }
            listener.poll_accept(task).map(Some)
        });
        match accepted.await {
            None => break,
            Some(Ok(stream)) => admit(stream, &mut connections, service, max_connections),
            Some(Err(error)) if is_about_one_connection(&error) => {}
            Some(Err(_)) => sleep(PAUSE).await,
        }
    }
    for stream in rest(listener) {
        if let Ok(stream) = AsyncSocket::from_std(stream) {
            admit(stream, &mut connections, service, max_connections);
        }
    }
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(service.stop_timeout(), ended).await;
}

/// Begins to serve a connection, or to refuse it.
fn admit<A: Answer>(
    stream: AsyncSocket,
    connections: &mut JoinSet<()>,
    service: &Service<A>,
    limit: usize,
) {
    const REFUSALS: usize = 64;
    if connections.len() < limit {
        connections.spawn(converse(stream, service.clone()));
    } else if connections.len() < limit + REFUSALS {
        connections.spawn(refuse(stream, service.clone(), limit));
    }
    // A refusal that finds no room is a connection closed without a word.
}

/// Answers what comes over a connection until either side ends it.
async fn converse<A: Answer>(stream: AsyncSocket, service: Service<A>) {
    let timeouts = &service.settings.timeouts;
    let visit = Visit { service: &service, answer: &service.answer, timeouts, refused: false };
    serve(stream, visit).await;
}

/// Answers the first message of a connection with a busy fault and closes.
async fn refuse<A: Answer>(stream: AsyncSocket, service: Service<A>, limit: usize) {
    let busy = Arc::new(Busy::new(&service.answer, limit));
    let timeouts = &Busy::<A>::TIMEOUTS;
    serve(stream, Visit { service: &service, answer: &busy, timeouts, refused: true }).await;
}

async fn serve<A: Answer, B: Answer>(mut stream: AsyncSocket, visit: Visit<'_, A, B>) {
    let Visit { service, answer, timeouts, .. } = visit;
    let presence = Arc::new(Presence::of(connected_async(&stream)));
    let caller = Some(Arc::clone(&presence) as _);
    let mut context = CallContext::of_connection(stream.peer(), service.model, caller);
    context.may_block(false);
    let mut session = Session::new(context, service.settings.limits);
    let mut connection = Connection::new(None, service.settings.limits);
    let stopping = pin!(service.stop().stopped());
    // A connection that breaks concerns its peer alone, and the peer knows.
    let _ = stream.set_nodelay();
    let pump = Pump {
        stream: &mut stream,
        connection: &mut connection,
        session: &mut session,
        answer,
        timeouts,
        presence: &presence,
        stopping,
    };
    let end = pump.run().await;
    presence.leave();
    if let Ok(End::Http) = end {
        // In a box, so that connections that do not speak it have no room for it.
        Box::pin(visit.go_on(stream, session, connection)).await;
    }
}
