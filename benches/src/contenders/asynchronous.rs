//! Clients whose calls are futures, all on one thread.

use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::Clients;

/// A client with one connection.
pub trait AsyncClient: Sized + 'static {
    /// Calls `add(1, 2, c=3)` and returns what it comes to.
    fn add(&self) -> impl Future<Output = i64>;

    /// Calls `echo` and returns what it comes to.
    fn echo(&self, text: &str) -> impl Future<Output = String>;

    /// Calls `add(1, 2, c=3)` so many times on every connection, all of them in flight at once.
    fn add_on_all(clients: &[Self], in_flight: usize) -> impl Future<Output = ()> {
        async move {
            let calls = clients.iter().flat_map(|client| (0..in_flight).map(|_| client.add()));
            for sum in join_all(calls).await {
                assert_eq!(sum, 6);
            }
        }
    }
}

/// A runtime on this thread alone.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Clients, and the runtime that they share with all others of their thread, as they would in a
/// program.
struct AsyncClients<C> {
    clients: Vec<C>,
    runtime: Rc<Runtime>,
}

/// Connects so many clients by awaiting `connect` for each.
pub fn connect<C: AsyncClient, F>(
    connections: usize,
    connect: impl Fn() -> F,
) -> Result<Box<dyn Clients>, Box<dyn Error>>
where
    F: Future<Output = Result<C, Box<dyn Error>>>,
{
    thread_local! {
        static RUNTIME: Rc<Runtime> = Rc::new(runtime());
    }
    let runtime = RUNTIME.with(Rc::clone);
    let clients =
        (0..connections).map(|_| runtime.block_on(connect())).collect::<Result<_, _>>()?;
    Ok(Box::new(AsyncClients { clients, runtime }))
}

impl<C: AsyncClient> Clients for AsyncClients<C> {
    fn add(&mut self, in_flight: usize) {
        self.runtime.block_on(async {
            if let ([client], 1) = (&self.clients[..], in_flight) {
                assert_eq!(client.add().await, 6);
            } else {
                C::add_on_all(&self.clients, in_flight).await;
            }
        });
    }

    fn echo(&mut self, text: &str) {
        assert!(self.runtime.block_on(self.clients[0].echo(text)) == text);
    }
}

impl<C> Drop for AsyncClients<C> {
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
