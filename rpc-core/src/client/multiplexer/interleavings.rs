//! Threads that share a connection get their own replies, in whatever order they run: tried with loom.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p rpc-core --lib --release interleavings`

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::client::ClientBuilder;
use crate::protocol::Framing;
use crate::transport::Stream;

use super::Multiplexer;

/// A server at the other end: answers each call with ten more than its id.
#[derive(Default)]
struct Server {
    state: Mutex<Ready>,
    changed: Condvar,
}

#[derive(Default)]
struct Ready {
    replies: Vec<u8>,
    is_ended: bool,
}

impl Stream for Server {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        while state.replies.is_empty() && !state.is_ended {
            state = self.changed.wait(state).unwrap();
        }
        let count = state.replies.len();
        buffer[..count].copy_from_slice(&state.replies);
        state.replies.clear();
        Ok(count)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        for call in std::str::from_utf8(bytes).unwrap().split("\"id\":").skip(1) {
            let id = &call[..1];
            state.replies.extend(format!("{{\"res\":1{id},\"id\":{id}}}\n").bytes());
        }
        self.changed.notify_all();
        Ok(bytes.len())
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        self.state.lock().unwrap().is_ended = true;
        self.changed.notify_all();
        Ok(())
    }
}

fn connection() -> Arc<Multiplexer<Server>> {
    let settings = ClientBuilder::default().framing(Framing::Raw).call_timeout(None);
    Arc::new(Multiplexer::new(Server::default(), "x".to_owned(), &[], &settings).unwrap())
}

/// Makes a call whose number is that of the connection's next one, and says what it came to.
fn call(connection: &Multiplexer<Server>) -> (u64, u64) {
    let call = connection
        .send("x", None, None, |out| {
            out.extend_from_slice(b"{\"method_name\":\"x\"");
            Ok(())
        })
        .unwrap();
    (call, connection.wait(call, "x", None).unwrap())
}

#[test]
fn two_threads_get_their_own_replies() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let connection = connection();
        let other = Arc::clone(&connection);
        let thread = thread::spawn(move || call(&other));
        for (call, result) in [call(&connection), thread.join().unwrap()] {
            assert_eq!(result, 10 + call);
        }
    });
}

#[test]
fn a_connection_that_is_lost_ends_the_calls_of_both() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let connection = connection();
        let other = Arc::clone(&connection);
        let thread = thread::spawn(move || {
            let sent = other.send("x", None, None, |out| {
                out.extend_from_slice(b"{\"method_name\":\"x\"");
                Ok(())
            });
            let waited = sent.and_then(|call| other.wait::<u64>(call, "x", None));
            drop(waited);
        });
        connection.stream.shutdown(Shutdown::Both).unwrap();
        thread.join().unwrap();
    });
}
