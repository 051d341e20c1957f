//! A listener of one's own: connections that other threads of the program hand over, by a queue. With
//! vsock, TLS or Bluetooth it looks the same.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use examples::add;
use rpc_core::server::Accept;
use rpc_core::transport::{Address, MemoryStream, Transport};
use rpc_core::{RpcClient, RpcServer, call};

/// Takes connections out of a queue; `None` in it is the end.
struct Queue {
    connections: Mutex<Receiver<Option<MemoryStream>>>,
    sender: Sender<Option<MemoryStream>>,
}

impl Accept for Queue {
    type Stream = MemoryStream;

    fn accept(&self) -> io::Result<MemoryStream> {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.recv().ok().flatten().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn close(&self) {
        // Wakes an `accept` that waits.
        let _ = self.sender.send(None);
    }

    fn address(&self) -> Address {
        Address::Other("a queue of this program".to_owned())
    }
}

/// The other side: connects by putting one end of a stream into the queue.
struct Connector(Mutex<Sender<Option<MemoryStream>>>);

impl Transport for Connector {
    type Stream = MemoryStream;

    fn connect(&self, _: Duration) -> io::Result<MemoryStream> {
        let (here, there) = MemoryStream::pair();
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sender.send(Some(there)).map_err(|_| ErrorKind::ConnectionRefused)?;
        Ok(here)
    }

    fn peer(&self) -> String {
        "a queue of this program".to_owned()
    }
}

fn main() -> Result<(), rpc_core::Error> {
    let (sender, receiver) = channel();
    let queue = Queue { connections: Mutex::new(receiver), sender: sender.clone() };
    let server = RpcServer::exported().start(queue)?;
    println!("listening at {}", server.address());

    let client = RpcClient::builder().connect_over(Connector(Mutex::new(sender)))?;
    println!("add(1, 2, c = 3) = {}", call!(client.add(1, 2, c = 3))?);
    drop(client);
    server.stop();
    server.wait()
}
