//! A thread for each connection.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::error::Error;
use crate::json_rpc::Answer;

use super::busy::Busy;
use super::concurrency::Concurrency;
use super::listener::Source;
use super::service::Service;
use super::stop::Open;

/// Serves each connection on a thread of its own, up to a number of them. The default.
///
/// Functions of different connections run at the same time. A connection over the number is
/// answered with a busy fault (-32000) and closed.
#[derive(Debug, Clone, Copy)]
pub struct ThreadPerConnection {
    /// Connections, and so threads, at one time. 1024 by default.
    pub max_connections: usize,
}

impl Default for ThreadPerConnection {
    fn default() -> Self {
        Self { max_connections: 1024 }
    }
}

#[allow(private_interfaces)]
impl Concurrency for ThreadPerConnection {
    fn name(&self) -> &'static str {
        "thread-per-connection"
    }

    fn waits_at_sockets_alone(&self) -> bool {
        false
    }

    fn run<A: Answer>(self, source: &Source, service: &Service<A>) -> Result<(), Error> {
        let mut refuser = None;
        while let Some(open) = service.accept(source) {
            if service.connections() > self.max_connections {
                let refuser =
                    refuser.get_or_insert_with(|| start_refuser(service, self.max_connections));
                // A refusal that finds no room is a connection closed without a word.
                let _ = refuser.try_send(open.forget());
                continue;
            }
            let service = service.clone();
            // Where no thread can be made the connection is closed, and the peer may try again.
            let _ = thread::Builder::new()
                .name("rpc connection".to_owned())
                .spawn(move || service.converse(open));
        }
        Ok(())
    }
}

/// Starts the one thread that turns connections away, so that they cost no thread each.
fn start_refuser<A: Answer>(service: &Service<A>, limit: usize) -> SyncSender<Open> {
    const WAITING: usize = 64;
    let (sender, receiver) = sync_channel::<Open>(WAITING);
    let service = service.clone();
    let _ = thread::Builder::new().name("rpc refuser".to_owned()).spawn(move || {
        let service = service.busy(Busy::new(&service.answer, limit));
        for open in receiver {
            service.converse(open);
        }
    });
    sender
}
