//! Connections that there is no room for and that speak HTTP: told so by one thread for all of them.

use std::sync::Arc;
use std::thread;

use tokio::runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::Voice;
use crate::transport::{AsyncSocket, Twin};

use super::busy::{Busy, REFUSALS};
use super::service::Service;

/// A connection that turned out to speak HTTP.
type Begun = (Twin, Session, Connection);

/// Hands connections to a thread with an event loop, which is made for the first.
pub(super) struct WebRefusals<A> {
    sender: Option<UnboundedSender<(Begun, Service<Busy<A>>)>>,
    /// As many copies as there are connections.
    count: Arc<()>,
}

impl<A> Default for WebRefusals<A> {
    fn default() -> Self {
        Self { sender: None, count: Arc::new(()) }
    }
}

impl<A: Answer> WebRefusals<A> {
    /// Takes a connection, and says whether it could: not where no thread can be made.
    pub(super) fn take(&mut self, begun: Begun, service: &Service<Busy<A>>) -> bool {
        if Arc::strong_count(&self.count) > REFUSALS {
            return false;
        }
        if self.sender.is_none() {
            self.sender = self.start();
        }
        let begun = (begun, service.clone());
        self.sender.as_ref().is_some_and(|sender| sender.send(begun).is_ok())
    }

    fn start(&self) -> Option<UnboundedSender<(Begun, Service<Busy<A>>)>> {
        let (sender, mut receiver) = unbounded_channel::<(Begun, Service<Busy<A>>)>();
        let count = Arc::downgrade(&self.count);
        let run = move || {
            let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                while let Some(((twin, mut session, connection), service)) = receiver.recv().await {
                    let counted = count.upgrade();
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
