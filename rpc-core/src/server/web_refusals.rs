//! Connections that there is no room for and that speak HTTP: told so by one thread for all of them.

use std::sync::Arc;
use std::thread;

use tokio::runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::Voice;
use crate::transport::{AsyncSocket, Twin};

use super::busy::Busy;
use super::service::Service;

/// A connection that turned out to speak HTTP.
type Begun = (Twin, Session, Connection);

/// One with what refuses it, and what counts it until it is dropped.
type Counted<A> = (Begun, Service<Busy<A>>, Arc<()>);

/// Hands connections to a thread with an event loop, which is made for the first.
pub(super) struct WebRefusals<A> {
    sender: Option<UnboundedSender<Counted<A>>>,
    /// As many copies as there are connections.
    count: Arc<()>,
}

impl<A> Default for WebRefusals<A> {
    fn default() -> Self {
        Self { sender: None, count: Arc::new(()) }
    }
}

impl<A: Answer> WebRefusals<A> {
    /// How many it has.
    pub(super) fn count(&self) -> usize {
        Arc::strong_count(&self.count) - 1
    }

    /// Takes a connection, and says whether it could: not where no thread can be made.
    pub(super) fn take(&mut self, begun: Begun, service: &Service<Busy<A>>) -> bool {
        if self.sender.is_none() {
            self.sender = Self::start();
        }
        let begun = (begun, service.clone(), Arc::clone(&self.count));
        self.sender.as_ref().is_some_and(|sender| sender.send(begun).is_ok())
    }

    fn start() -> Option<UnboundedSender<Counted<A>>> {
        let (sender, mut receiver) = unbounded_channel::<Counted<A>>();
        let run = move || {
            let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                while let Some((begun, service, counted)) = receiver.recv().await {
                    let (twin, mut session, connection) = begun;
                    tokio::spawn(async move {
                        let Ok(stream) = AsyncSocket::from_twin(twin) else {
                            return;
                        };
                        session.context.may_block(false);
                        let voice = Voice::default();
                        let _ = service.go_on_by_http(stream, session, connection, &voice).await;
                        drop(counted);
                    });
                }
            });
        };
        thread::Builder::new().name("rpc refuser".to_owned()).spawn(run).ok()?;
        Some(sender)
    }
}
