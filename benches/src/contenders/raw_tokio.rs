//! Raw TCP: a tokio task for each connection.

#![allow(clippy::await_holding_refcell_ref)] // A connection has one user at a time.

use std::cell::RefCell;
use std::error::Error;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::asynchronous::{self, BatchClient};
use super::frames::bodies;
use super::raw::{REPLY, add_calls, answer, echo_call};
use super::{Clients, Contender, Kind};

/// Raw TCP: tokio on one thread, on either side.
pub struct RawTokio;

impl Contender for RawTokio {
    fn name(&self) -> &'static str {
        "raw-tokio"
    }

    fn kind(&self) -> Kind {
        Kind::Floor
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        serve(announce, answer)
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        asynchronous::connect_batches(connections, || async {
            let connection = Connection::new(TcpStream::connect(address).await?)?;
            Ok(Client(RefCell::new(connection)))
        })
    }
}

struct Connection {
    stream: TcpStream,
    /// What has been read, up to `filled`.
    arrived: Vec<u8>,
    filled: usize,
}

impl Connection {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, arrived: vec![0; 1 << 14], filled: 0 })
    }

    /// Reads what there is and hands over the bodies of the frames that are whole; `false` when the
    /// other side has closed.
    async fn read(&mut self, take: impl FnMut(&[u8])) -> io::Result<bool> {
        if self.filled == self.arrived.len() {
            self.arrived.resize(2 * self.filled, 0);
        }
        let count = self.stream.read(&mut self.arrived[self.filled..]).await?;
        self.filled += count;
        let taken = bodies(&self.arrived[..self.filled], take);
        self.arrived.copy_within(taken..self.filled, 0);
        self.filled -= taken;
        Ok(count > 0)
    }
}

/// Serves with a task for each connection: all frames that have arrived, then one write.
pub fn serve(
    announce: fn(SocketAddr),
    answer: fn(&[u8], &mut Vec<u8>),
) -> Result<(), Box<dyn Error>> {
    asynchronous::runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        announce(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(converse(Connection::new(stream)?, answer));
        }
    })
}

async fn converse(mut connection: Connection, answer: fn(&[u8], &mut Vec<u8>)) -> io::Result<()> {
    let mut out = Vec::new();
    while connection.read(|body| answer(body, &mut out)).await? {
        connection.stream.write_all(&out).await?;
        out.clear();
    }
    Ok(())
}

struct Client(RefCell<Connection>);

impl Client {
    async fn receive(&self, replies: usize, mut take: impl FnMut(&[u8])) {
        let mut connection = self.0.borrow_mut();
        let mut left = replies;
        while left > 0 {
            let read = connection.read(|reply| {
                take(reply);
                left -= 1;
            });
            assert!(read.await.unwrap());
        }
    }
}

impl BatchClient for Client {
    async fn echo(&self, text: &str) -> String {
        let call = echo_call(text);
        self.0.borrow_mut().stream.write_all(&call).await.unwrap();
        self.receive(1, |reply| assert!(*reply == call[4..])).await;
        text.to_owned()
    }

    async fn add_on_all(clients: &[Self], in_flight: usize) {
        let calls = add_calls(in_flight);
        for client in clients {
            client.0.borrow_mut().stream.write_all(&calls).await.unwrap();
        }
        for client in clients {
            client.receive(in_flight, |reply| assert_eq!(reply, REPLY)).await;
        }
    }
}
