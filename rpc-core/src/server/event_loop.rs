//! Every connection at once, on one thread or a few.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use tokio::runtime;
use tokio::task::{JoinSet, unconstrained, yield_now};
use tokio::time::{sleep, timeout};

use crate::error::{Error, IoError, IoErrorKind};
use crate::json_rpc::Answer;
use crate::pump::End;
use crate::pump::asynchronous::{Presence, Pump};
use crate::registry::Connected;
use crate::timing::ACCEPT_AGAIN;
use crate::transport::{AsyncSocket, Stream};

use super::busy::{Busy, Room};
use super::concurrency::Concurrency;
use super::listener::{
    AsyncAccept, AsyncListener, LONGEST_QUEUE, Listener, Rest, Source, is_about_one_connection,
};
use super::on_loop::say_last_on;
use super::peer::{connected_async, is_unix_async};
use super::refusal_limit::most_refusals;
use super::service::Service;

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

    fn run<A: Answer>(self, source: &Source, service: &Service<A>) -> Result<(), Error> {
        let listener = source.socket(self.name())?;
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
        let mut listener = AsyncListener::copy_of(listener)?;
        let mut connections = Connections::new(service, max_connections);
        connections.accept(&mut listener).await;
        drop(listener);
        connections.admit_rest(service.stop().take_rest());
        connections.end().await;
        Ok(())
    });
    // A function that blocks its thread for longer than the stop timeout is not waited for.
    runtime.shutdown_background();
    ended
}

/// Accepts and serves connections on the runtime that polls this, until the service is stopped and its
/// connections have ended.
pub(super) async fn serve_on<A: Answer>(
    mut listener: impl AsyncAccept,
    service: &Service<A>,
    max_connections: usize,
) {
    let mut connections = Connections::new(service, max_connections);
    connections.accept(&mut listener).await;
    connections.accept_waiting(&mut listener).await;
    connections.admit_rest(listener.into_rest().unwrap_or_default());
    connections.end().await;
}

/// The connections of one loop.
struct Connections<'a, A> {
    service: &'a Service<A>,
    max: usize,
    tasks: JoinSet<()>,
    /// Those that are only told that there is no room for them.
    refused: JoinSet<()>,
}

impl<'a, A: Answer> Connections<'a, A> {
    fn new(service: &'a Service<A>, max: usize) -> Self {
        Self { service, max, tasks: JoinSet::new(), refused: JoinSet::new() }
    }

    /// Accepts until the service is stopped.
    async fn accept(&mut self, listener: &mut impl AsyncAccept) {
        // A listener that is always ready is not to keep others of this task from being polled, who say
        // that it is to stop.
        const AT_ONCE: usize = 64;
        let mut stopped = pin!(self.service.stop().stopped());
        for turn in 1_usize.. {
            if turn % AT_ONCE == 0 {
                yield_now().await;
            }
            let accepted = {
                let mut accepting = pin!(listener.accept());
                let next = poll_fn(|task| {
                    for ended in [&mut self.tasks, &mut self.refused] {
                        while let Poll::Ready(Some(_)) = ended.poll_join_next(task) {}
                    }
                    if stopped.as_mut().poll(task).is_ready() {
                        return Poll::Ready(None);
                    }
                    accepting.as_mut().poll(task).map(Some)
                });
                next.await
            };
            match accepted {
                None => return,
                Some(Ok((stream, peer))) => self.admit(AsyncSocket::new(stream), peer),
                Some(Err(error)) if is_about_one_connection(&error) => {}
                Some(Err(error)) => {
                    self.service.say_not_accepted(&error);
                    sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    /// Accepts those that wait, because nobody will be accepted later.
    async fn accept_waiting(&mut self, listener: &mut impl AsyncAccept) {
        for _ in 0..LONGEST_QUEUE {
            let mut accepting = pin!(listener.accept());
            // A task that has had its share of time would be told that nobody is there.
            let now = poll_fn(|task| Poll::Ready(accepting.as_mut().poll(task)));
            match unconstrained(now).await {
                Poll::Ready(Ok((stream, peer))) => self.admit(AsyncSocket::new(stream), peer),
                Poll::Ready(Err(error)) if is_about_one_connection(&error) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return,
            }
        }
    }

    /// Begins with those that connected before the service was stopped.
    fn admit_rest(&mut self, rest: Rest) {
        for stream in rest {
            let peer = stream.peer();
            if let Ok(stream) = AsyncSocket::from_std(stream) {
                self.admit(stream, peer);
            }
        }
    }

    /// Begins to serve a connection, or to refuse it.
    fn admit(&mut self, stream: AsyncSocket, peer: Option<SocketAddr>) {
        let (service, room) = (self.service, Room::connections(self.max));
        if self.tasks.len() < self.max {
            let Some(place) = service.place_for(peer) else {
                return self.refuse(stream, peer, service.busy_for_address());
            };
            let service = service.clone();
            self.tasks.spawn(async move {
                drop(serve(stream, peer, &service).await);
                drop(place);
            });
        } else {
            service.say_refused(room);
            self.refuse(stream, peer, service.busy(Busy::new(&service.answer, room)));
        }
    }

    /// Tells a connection that there is no room for it.
    fn refuse(&mut self, stream: AsyncSocket, peer: Option<SocketAddr>, busy: Service<Busy<A>>) {
        if self.refused.len() < most_refusals() {
            self.service.note_refused();
            self.refused.spawn(async move { drop(serve(stream, peer, &busy).await) });
        } else {
            // A refusal that finds no room is a connection closed without a word.
            self.service.note_turned_away();
        }
    }

    /// Waits until all have ended, but no longer than the stop timeout.
    async fn end(mut self) {
        let ended = async {
            while self.tasks.join_next().await.is_some() {}
            while self.refused.join_next().await.is_some() {}
        };
        if timeout(self.service.stop_timeout(), ended).await.is_err() {
            self.service.stop().say_last();
        }
    }
}

/// Answers what comes over a connection until either side ends it, and says how it broke.
pub(super) async fn serve<A: Answer>(
    stream: AsyncSocket,
    peer: Option<SocketAddr>,
    service: &Service<A>,
) -> io::Result<()> {
    // What is borrowed here would take its place in the task for as long as the connection lives.
    let (stream, header) = if service.settings.proxies.takes_header {
        Box::pin(async move {
            let mut stream = stream;
            let header = service.header_of(&mut stream, peer).await?;
            Ok::<_, io::Error>((stream, header))
        })
        .await?
    } else {
        (stream, None)
    };
    let mut stream = service.over_async_tls(stream);
    let proxies = service.proxies_of(peer, is_unix_async(&stream)).cloned();
    let timeouts = &service.settings.timeouts;
    let connected = Connected { proxies, ..connected_async(&stream, &service.trace) };
    let presence = Arc::new(Presence::of(connected));
    let (mut session, mut connection) = service.begin(peer, Some(Arc::clone(&presence) as _));
    if let Some(source) = header.and_then(|header| header.source) {
        session.context.came_from(source);
    }
    session.context.may_block(false);
    let open = service.stop().open_on_loop(say_last_on(&stream, presence.voice()));
    let stopping = pin!(service.stop().stopped());
    let _ = stream.set_nodelay();
    let pump = Pump {
        stream: &mut stream,
        connection: &mut connection,
        session: &mut session,
        answer: &service.answer,
        timeouts,
        presence: &presence,
        stopping,
    };
    let end = pump.run().await;
    #[cfg(feature = "tls")]
    let end = match end {
        Err(error) => {
            let rest = service.go_on_without_tls(
                &mut stream,
                &mut connection,
                &mut session,
                &presence,
                error,
            );
            // In a box, as below.
            Box::pin(rest).await.map(|()| End::Closed)
        }
        end => end,
    };
    presence.leave();
    if end? == End::Http {
        // In a box, so that connections that do not speak it have no room for it.
        let voice = presence.voice();
        Box::pin(service.go_on_by_http(stream, session, connection, voice)).await?;
    }
    drop(open);
    Ok(())
}
