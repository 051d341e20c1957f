//! Clients whose calls are futures, all on one thread: a task for each call in flight.

use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::{Clients, Exchanges, text};
use crate::scenario::{Call, Scenario};

/// A client with one connection, which carries the calls of any number of tasks.
pub trait AsyncClient: Send + Sync + Sized + 'static {
    /// Calls `add(1, 2, c=3)` and returns what it comes to.
    fn add(&self) -> impl Future<Output = i64> + Send;

    /// Calls `echo` and returns what it comes to.
    fn echo(&self, text: &str) -> impl Future<Output = String> + Send;
}

/// A client with one connection, whose calls in flight are one thing to it.
pub trait BatchClient: Sized + 'static {
    /// Calls `add(1, 2, c=3)` so many times on every connection, all of them in flight at once.
    fn add_on_all(clients: &[Self], in_flight: usize) -> impl Future<Output = ()>;

    /// Calls `echo` and returns what it comes to.
    fn echo(&self, text: &str) -> impl Future<Output = String>;
}

/// A runtime on this thread alone.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Connects so many clients by awaiting `connect` for each.
pub fn connect<C: AsyncClient, F>(
    connections: usize,
    connect: impl Fn() -> F,
) -> Result<Box<dyn Clients>, Box<dyn Error>>
where
    F: Future<Output = Result<C, Box<dyn Error>>>,
{
    let connect = || async { Ok(Arc::new(connect().await?)) };
    Ok(Box::new(Tasks(Connected::new(connections, connect)?)))
}

/// The same, of clients whose calls go together.
pub fn connect_batches<C: BatchClient, F>(
    connections: usize,
    connect: impl Fn() -> F,
) -> Result<Box<dyn Clients>, Box<dyn Error>>
where
    F: Future<Output = Result<C, Box<dyn Error>>>,
{
    Ok(Box::new(Batches(Connected::new(connections, connect)?)))
}

/// Clients, and the runtime that they share with all others of their thread, as they would in a
/// program.
struct Connected<C> {
    clients: Vec<C>,
    runtime: Rc<Runtime>,
}

impl<C> Connected<C> {
    fn new<F>(connections: usize, connect: impl Fn() -> F) -> Result<Self, Box<dyn Error>>
    where
        F: Future<Output = Result<C, Box<dyn Error>>>,
    {
        thread_local! {
            static RUNTIME: Rc<Runtime> = Rc::new(runtime());
        }
        let runtime = RUNTIME.with(Rc::clone);
        let clients =
            (0..connections).map(|_| runtime.block_on(connect())).collect::<Result<_, _>>()?;
        Ok(Self { clients, runtime })
    }
}

/// Each call in flight has a task.
struct Tasks<C>(Connected<Arc<C>>);

impl<C: AsyncClient> Tasks<C> {
    /// Has every task make one call at least, and further ones for so long; returns how long each
    /// call took.
    fn run(&self, in_flight: usize, call: Call, time: Duration) -> Vec<Duration> {
        let end = Instant::now() + time;
        let Connected { clients, runtime } = &self.0;
        runtime.block_on(async {
            let tasks = clients.iter().flat_map(|client| (0..in_flight).map(move |_| client));
            let tasks: Vec<_> =
                tasks.map(|client| tokio::spawn(calls(Arc::clone(client), call, end))).collect();
            let mut times = Vec::new();
            for task in tasks {
                times.extend(task.await.unwrap());
            }
            times
        })
    }
}

async fn calls<C: AsyncClient>(client: Arc<C>, call: Call, end: Instant) -> Vec<Duration> {
    let mut times = Vec::with_capacity(1 << 12);
    let mut last = Instant::now();
    loop {
        match call {
            Call::Add => assert_eq!(client.add().await, 6),
            Call::Echo(bytes) => assert!(client.echo(text(bytes)).await == text(bytes)),
        }
        let now = Instant::now();
        times.push(now - last);
        last = now;
        if now >= end {
            return times;
        }
    }
}

impl<C: AsyncClient> Clients for Tasks<C> {
    fn add(&mut self, in_flight: usize) {
        self.run(in_flight, Call::Add, Duration::ZERO);
    }

    fn echo(&mut self, text: &str) {
        self.run(1, Call::Echo(text.len()), Duration::ZERO);
    }

    fn exchanges(&mut self, scenario: &Scenario, time: Duration) -> Exchanges {
        let times = self.run(scenario.in_flight, scenario.call, time);
        Exchanges { times, calls: 1 }
    }
}

/// The calls in flight on a connection are made together.
struct Batches<C>(Connected<C>);

impl<C: BatchClient> Clients for Batches<C> {
    fn add(&mut self, in_flight: usize) {
        let Connected { clients, runtime } = &self.0;
        runtime.block_on(C::add_on_all(clients, in_flight));
    }

    fn echo(&mut self, text: &str) {
        let Connected { clients, runtime } = &self.0;
        assert!(runtime.block_on(clients[0].echo(text)) == text);
    }
}

impl<C> Drop for Connected<C> {
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_millis(200);
        let begun = Instant::now();
        self.runtime.block_on(async {
            self.clients.clear();
            // Tasks of theirs see that they are gone, and close the connections.
            while self.runtime.metrics().num_alive_tasks() > 0 && begun.elapsed() < PATIENCE {
                sleep(Duration::from_millis(1)).await;
            }
        });
    }
}
