//! Being stopped: what is open, telling it, and waiting for it.

use std::collections::HashMap;
use std::fmt;
#[cfg(feature = "tokio")]
use std::future::poll_fn;
#[cfg(feature = "tokio")]
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown};
#[cfg(feature = "tokio")]
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "tokio")]
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::pump::WriteHalf;
use crate::registry::Statistics;
use crate::timing::{LEFT, LINGER};
use crate::transport::{Address, AnyStream, Socket, Stream};

use super::listener::Rest;
use super::per_address::Place;

/// Ends accepting, also where it is waited, and says who was waiting to be accepted.
type Close = Box<dyn Fn() -> Rest + Send + Sync>;

/// What a service and whoever stops it both see.
pub(super) struct Stop {
    address: Address,
    close: Close,
    stopping: AtomicBool,
    next: AtomicU64,
    connections: Mutex<Connections>,
    closed: Condvar,
    /// Tells of the calls that are not waited for any more.
    cut_off: Option<Box<dyn Fn() + Send + Sync>>,
    /// Counts connections, where the server counts.
    statistics: Option<Arc<Statistics>>,
    #[cfg(feature = "tokio")]
    tasks: tokio::sync::watch::Sender<bool>,
}

/// The connections of a service.
#[derive(Debug, Default)]
struct Connections {
    open: HashMap<u64, Arc<Connected>>,
    /// Those that event loops serve.
    #[cfg(feature = "tokio")]
    loops: HashMap<u64, OnLoop>,
    /// Those that are still to be served of a service that is stopped.
    rest: Rest,
    /// Whether the model has ended, which accepts them.
    ended: bool,
    /// Whether whoever waits is to stop the service.
    asked: bool,
}

impl Connections {
    fn is_empty(&self) -> bool {
        #[cfg(feature = "tokio")]
        if !self.loops.is_empty() {
            return false;
        }
        self.open.is_empty() && self.rest.is_empty()
    }

    /// Tells those whose calls are cut off.
    fn say_last(&self) {
        for connection in self.open.values() {
            connection.write_half.say_last(&*connection.stream);
        }
        #[cfg(feature = "tokio")]
        for connection in self.loops.values() {
            connection.0();
        }
    }
}

/// A connection that an event loop serves: says its last words and ends it, whatever the loop is at.
#[cfg(feature = "tokio")]
struct OnLoop(Box<dyn Fn() + Send + Sync>);

#[cfg(feature = "tokio")]
impl fmt::Debug for OnLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnLoop")
    }
}

/// A connection, as both its own thread and whoever stops it see it.
#[derive(Debug)]
struct Connected {
    stream: Arc<AnyStream>,
    write_half: Arc<WriteHalf>,
    /// How many times something had been written when it was looked at last.
    seen: AtomicU64,
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop")
            .field("address", &self.address)
            .field("stopping", &self.stopping)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl Stop {
    /// Starts for a service at `address` whose accepting is ended by `close`.
    pub(super) fn new(address: Address, close: impl Fn() -> Rest + Send + Sync + 'static) -> Self {
        Self {
            address,
            close: Box::new(close),
            stopping: AtomicBool::new(false),
            next: AtomicU64::new(0),
            connections: Mutex::default(),
            closed: Condvar::new(),
            cut_off: None,
            statistics: None,
            #[cfg(feature = "tokio")]
            tasks: tokio::sync::watch::Sender::default(),
        }
    }

    /// Has connections counted.
    pub(super) fn counting(self, statistics: Option<Arc<Statistics>>) -> Self {
        Self { statistics, ..self }
    }

    /// Has it told which calls are not waited for any more.
    pub(super) fn cutting_off(self, tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self { cut_off: Some(Box::new(tell)), ..self }
    }

    fn note(&self, note: fn(&Arc<Statistics>)) {
        self.statistics.as_ref().map(note);
    }

    /// Starts for a service that accepts nobody.
    pub(super) fn unbound() -> Self {
        Self::new(Address::Other("a stream".to_owned()), Rest::new)
    }

    /// The address served at.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Is ready when the service is being stopped.
    #[cfg(feature = "tokio")]
    pub(super) fn stopped(self: &Arc<Self>) -> impl Future<Output = ()> + Send + use<> {
        let (stop, mut tasks) = (Arc::clone(self), self.tasks.subscribe());
        async move {
            let mut told = pin!(tasks.wait_for(|stopped| *stopped));
            let mut waits: Option<Waker> = None;
            // A connection asks at every message; once it waits to be told, a flag says enough.
            poll_fn(|task| match &waits {
                Some(waker) if !stop.is_stopping() && waker.will_wake(task.waker()) => {
                    Poll::Pending
                }
                _ => {
                    waits = Some(task.waker().clone());
                    told.as_mut().poll(task).map(drop)
                }
            })
            .await;
        }
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.lock().open.len()
    }

    /// Makes the service accept nothing more, and end its connections once nothing is asked on them
    /// any more: a peer that can be told is told, and leaves; of any other, the calls that have
    /// arrived are answered.
    pub(super) fn stop(&self) {
        // Whoever sees that the service is stopped, and asks who is left, is told when that is known.
        let mut connections = self.lock();
        if self.stopping.swap(true, Ordering::AcqRel) {
            return;
        }
        // Before anybody is told, who would then connect anew.
        connections.rest = (self.close)();
        self.closed.notify_all();
        let open: Vec<_> = connections.open.values().cloned().collect();
        drop(connections);
        #[cfg(feature = "tokio")]
        self.tasks.send_replace(true);
        for connection in open {
            connection.end();
        }
    }

    /// Takes note that the model has ended, when what is returned is dropped.
    pub(super) fn model_runs(self: &Arc<Self>) -> ModelRuns {
        ModelRuns(Arc::clone(self))
    }

    /// Has whoever [waits](Self::wait) stop the service.
    #[cfg(unix)]
    pub(super) fn ask(&self) {
        self.lock().asked = true;
        self.closed.notify_all();
    }

    /// Waits until the service is stopped, or the model has ended by itself; stops it when it is
    /// [asked](Self::ask) to.
    pub(super) fn wait(&self) {
        let goes_on = |those: &mut Connections| !those.ended && !those.asked && !self.is_stopping();
        let waited = self.closed.wait_while(self.lock(), goes_on);
        let asked = waited.unwrap_or_else(PoisonError::into_inner).asked;
        if asked {
            self.stop();
        }
    }

    /// Waits until the model has ended, but no longer than `limit`, and says whether it has: it may be
    /// at a function that does not end.
    pub(super) fn wait_for_model(&self, limit: Duration) -> bool {
        let waited = self.closed.wait_timeout_while(self.lock(), limit, |those| !those.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Tells the peers of an event loop whose calls are cut off.
    #[cfg(feature = "tokio")]
    pub(super) fn say_last(&self) {
        self.lock().say_last();
    }

    /// Takes note of a connection that an event loop serves until what is returned is dropped, which is
    /// before the connection is closed. Where it is cut off, `say_last` says so and ends it.
    #[cfg(feature = "tokio")]
    pub(super) fn open_on_loop(
        self: &Arc<Self>,
        say_last: impl Fn() + Send + Sync + 'static,
    ) -> OpenOnLoop {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().loops.insert(number, OnLoop(Box::new(say_last)));
        self.note(Statistics::accepted);
        OpenOnLoop { number, stop: Arc::clone(self) }
    }

    /// Waits until no connection is open, or `limit` has passed; then ends those that are. One that
    /// has been silent for a while since its peer was told is ended sooner: a client that has made
    /// no call for a second looks whether it may before it makes another.
    pub(super) fn drained(&self, limit: Duration) {
        let begun = Instant::now();
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            let last = left <= LEFT;
            let connections = self.wait_until_closed(left.min(LEFT));
            for connection in connections.open.values() {
                if last || connection.is_silent() {
                    let _ = connection.stream.shutdown(Shutdown::Read);
                }
            }
            // Those whose turn has not come have had the time to ask, too.
            for stream in &connections.rest {
                let _ = stream.shutdown(Shutdown::Read);
            }
            if last || connections.is_empty() {
                break;
            }
        }
        let mut connections = self.wait_until_closed(LINGER);
        connections.say_last();
        for connection in connections.open.values() {
            let _ = connection.stream.shutdown(Shutdown::Both);
        }
        connections.rest.clear();
        drop(connections);
        self.cut_off.iter().for_each(|tell| tell());
    }

    fn wait_until_closed(&self, limit: Duration) -> MutexGuard<'_, Connections> {
        let connections = self.lock();
        let waited = self.closed.wait_timeout_while(connections, limit, |those| !those.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Takes note of a connection until what is returned is dropped.
    pub(super) fn open(self: &Arc<Self>, stream: AnyStream) -> Open {
        let open = self.enter(&mut self.lock(), stream);
        if self.is_stopping() {
            // On some systems it takes after its listener, which waits for nobody any more.
            #[cfg(unix)]
            let _ = open.stream().socket().map(|socket| socket.set_nonblocking(false));
            open.connection.end();
        }
        open
    }

    /// The same for the next of those that are still to be served of a service that is stopped.
    pub(super) fn open_rest(
        self: &Arc<Self>,
        carry: impl FnOnce(AnyStream) -> AnyStream,
    ) -> Option<Open> {
        let mut connections = self.lock();
        let stream = connections.rest.pop_front()?;
        let open = self.enter(&mut connections, carry(stream.into()));
        drop(connections);
        open.connection.end();
        Some(open)
    }

    /// Those that are still to be served of a service that is stopped, for somebody who ends them.
    #[cfg(feature = "tokio")]
    pub(super) fn take_rest(&self) -> Rest {
        let rest = mem::take(&mut self.lock().rest);
        self.closed.notify_all();
        rest
    }

    fn enter(self: &Arc<Self>, connections: &mut Connections, stream: AnyStream) -> Open {
        let connection = Arc::new(Connected {
            stream: Arc::new(stream),
            write_half: Arc::default(),
            seen: AtomicU64::new(0),
        });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        connections.open.insert(number, Arc::clone(&connection));
        self.note(Statistics::accepted);
        Open { connection, number: Some(number), place: Place::default(), stop: Arc::clone(self) }
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected {
    fn end(&self) {
        if !self.write_half.say_draining(&*self.stream) {
            let _ = self.stream.shutdown(Shutdown::Read);
        }
        self.is_silent();
    }

    /// Whether nothing has been written since this was asked last.
    fn is_silent(&self) -> bool {
        let writes = self.write_half.writes();
        let is_silent = self.seen.swap(writes, Ordering::Relaxed) == writes;
        is_silent && !self.write_half.is_handed_over() && !self.write_half.has_streams()
    }
}

/// A model that runs for as long as this lives.
#[derive(Debug)]
pub(super) struct ModelRuns(Arc<Stop>);

impl Drop for ModelRuns {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.closed.notify_all();
    }
}

/// A connection that an event loop serves for as long as this lives.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub(super) struct OpenOnLoop {
    number: u64,
    stop: Arc<Stop>,
}

#[cfg(feature = "tokio")]
impl Drop for OpenOnLoop {
    fn drop(&mut self) {
        let mut connections = self.stop.lock();
        connections.loops.remove(&self.number);
        self.stop.note(Statistics::closed);
        if connections.loops.is_empty() {
            self.stop.closed.notify_all();
        }
    }
}

/// A connection that is open for as long as this lives.
#[derive(Debug)]
pub(super) struct Open {
    connection: Arc<Connected>,
    /// Under which it is noted.
    number: Option<u64>,
    /// Its place among the connections of its address.
    place: Place,
    stop: Arc<Stop>,
}

impl Open {
    pub(super) fn stream(&self) -> &Arc<AnyStream> {
        &self.connection.stream
    }

    pub(super) fn write_half(&self) -> &Arc<WriteHalf> {
        &self.connection.write_half
    }

    /// Ends the connection as when the service stops.
    pub(super) fn end(&self) {
        self.connection.end();
    }

    /// Has it keep its place among the connections of its address for as long as it is noted.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Leaves the connection to somebody who ends it soon: it is noted no more.
    pub(super) fn forget(mut self) -> Self {
        self.leave();
        self
    }

    fn leave(&mut self) {
        self.place = Place::default();
        if let Some(number) = self.number.take() {
            self.stop.lock().open.remove(&number);
            self.stop.note(Statistics::closed);
            self.stop.closed.notify_all();
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Ends an `accept` that waits, for which std has nothing but a connection to accept.
pub(super) fn connect_to_end_accept(address: &Address) {
    let _ = Socket::connect(&reachable(address), Duration::from_secs(1));
}

/// The address at which a listener bound to every address is reached from here.
fn reachable(address: &Address) -> Address {
    let mut address = address.clone();
    if let Address::Tcp(address) = &mut address
        && address.ip().is_unspecified()
    {
        let is_v4 = address.is_ipv4();
        address.set_ip(if is_v4 { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}
