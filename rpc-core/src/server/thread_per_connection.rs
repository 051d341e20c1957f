//! A thread for each connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::error::Error;
use crate::json_rpc::Answer;

use super::busy::{Busy, Room};
use super::concurrency::Concurrency;
use super::exhausted;
use super::listener::Source;
#[cfg(unix)]
use super::machine;
use super::refusing::Refusing;
use super::service::Service;
use super::stop::Open;
use crate::transport::Stream;

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
        #[cfg(unix)]
        machine::spare_address_space();
        let room = Room::connections(self.max_connections);
        let full = service.busy(Busy::new(&service.answer, room));
        let no_thread = exhausted::fault("thread for a connection");
        let no_thread = service.busy(Busy::because(&service.answer, no_thread));
        let mut refusing = Refusing::new(room, [full, no_thread, service.busy_for_address()]);
        while let Some(open) = refusing.accept(source, service) {
            if service.connections() > self.max_connections {
                refusing.take(open, 0);
                continue;
            }
            let Some(at) = service.place_for(open.stream().peer()) else {
                refusing.take(open, 2);
                continue;
            };
            let open = open.at(at);
            // What is left where there is no thread.
            let place = Arc::new(Mutex::new(Some(open)));
            let (taken, of_thread) = (Arc::clone(&place), service.clone());
            let run = move || {
                if let Some(open) = take(&taken) {
                    of_thread.converse(open);
                }
            };
            if let Err(error) = thread::Builder::new().name("rpc connection".to_owned()).spawn(run)
            {
                let why = exhausted::of_processes(error);
                service.say(&format!("no thread can be made for a connection: {why}"));
                if let Some(open) = take(&place) {
                    refusing.take(open, 1);
                }
            }
        }
        Ok(())
    }
}

fn take(place: &Mutex<Option<Open>>) -> Option<Open> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}
