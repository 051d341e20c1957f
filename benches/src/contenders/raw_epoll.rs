//! Raw TCP: one thread that waits for all connections with epoll.

use std::collections::HashMap;
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::frames::bodies;
use super::raw::{RawClients, answer};
use super::{Clients, Contender, Kind};

/// Raw TCP: a server with a loop written by hand, and the blocking client.
pub struct RawEpoll;

impl Contender for RawEpoll {
    fn name(&self) -> &'static str {
        "raw-epoll"
    }

    fn kind(&self) -> Kind {
        Kind::Floor
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        const LISTENER: Token = Token(usize::MAX);
        let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let mut poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        announce(listener.local_addr()?);

        let mut events = Events::with_capacity(1024);
        let mut connections = HashMap::new();
        let mut next = 0;
        loop {
            poll.poll(&mut events, None)?;
            for event in &events {
                if event.token() == LISTENER {
                    while let Ok((mut stream, _)) = listener.accept() {
                        stream.set_nodelay(true)?;
                        let both = Interest::READABLE | Interest::WRITABLE;
                        poll.registry().register(&mut stream, Token(next), both)?;
                        connections.insert(Token(next), Connection::new(stream));
                        next += 1;
                    }
                } else if let Some(connection) = connections.get_mut(&event.token())
                    && !connection.advance()
                {
                    connections.remove(&event.token());
                }
            }
        }
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        RawClients::connect(address, connections)
    }
}

struct Connection {
    stream: TcpStream,
    /// What has been read, up to `filled`.
    arrived: Vec<u8>,
    filled: usize,
    /// What is to be written, from `written`.
    out: Vec<u8>,
    written: usize,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream, arrived: vec![0; 1 << 14], filled: 0, out: Vec::new(), written: 0 }
    }

    /// Does what can be done without waiting; `false` when the connection has ended.
    fn advance(&mut self) -> bool {
        loop {
            if self.filled == self.arrived.len() {
                self.arrived.resize(2 * self.filled, 0);
            }
            let room = &mut self.arrived[self.filled..];
            let (size, read) = (room.len(), self.stream.read(room));
            match read {
                Ok(0) => return false,
                Ok(count) => self.filled += count,
                Err(error) => return error.kind() == ErrorKind::WouldBlock && self.write(),
            }
            let taken = bodies(&self.arrived[..self.filled], |body| answer(body, &mut self.out));
            self.arrived.copy_within(taken..self.filled, 0);
            self.filled -= taken;
            if !self.write() {
                return false;
            }
            // A socket that gave less than there was room for is empty.
            if read.is_ok_and(|count| count < size) {
                return true;
            }
        }
    }

    fn write(&mut self) -> bool {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        self.out.clear();
        self.written = 0;
        true
    }
}
