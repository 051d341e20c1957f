//! Redis: `PING`, and `ECHO` of text, from a client written by hand.

use std::env;
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::{Clients, Contender, Kind};
use crate::scenario::{Call, Scenario};

/// `redis-server`, which has one thread, and a blocking client that pipelines.
pub struct Redis;

const PROGRAM: &str = "redis-server";

impl Contender for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn kind(&self) -> Kind {
        Kind::Floor
    }

    fn missing(&self) -> Option<&'static str> {
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file());
        (!found).then_some("there is no `redis-server` here")
    }

    fn note(&self, scenario: &Scenario) -> Option<&'static str> {
        (scenario.call == Call::Add).then_some("PING, which has no arguments")
    }

    /// Becomes the server: its process keeps its number.
    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        // It wants a number. This one is free again by the time it starts, and clients wait for it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        announce(address);
        let port = address.port().to_string();
        let settings =
            ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--logfile", "/dev/null"];
        Err(Command::new(PROGRAM).args(settings).exec().into())
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        let connect = |_| Client::connect(address);
        Ok(Box::new(RedisClients((0..connections).map(connect).collect::<Result<_, _>>()?)))
    }
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        const PATIENCE: Duration = Duration::from_secs(5);
        let begun = Instant::now();
        let stream = loop {
            match TcpStream::connect(address) {
                Err(error)
                    if error.kind() == ErrorKind::ConnectionRefused
                        && begun.elapsed() < PATIENCE =>
                {
                    thread::sleep(Duration::from_millis(10));
                }
                connected => break connected?,
            }
        };
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Waits for replies that are known beforehand.
    fn expect(&mut self, replies: &[u8]) {
        self.buffer.resize(replies.len(), 0);
        self.stream.read_exact(&mut self.buffer).unwrap();
        assert!(self.buffer == replies);
    }
}

struct RedisClients(Vec<Client>);

impl Clients for RedisClients {
    fn add(&mut self, in_flight: usize) {
        let calls = b"*1\r\n$4\r\nPING\r\n".repeat(in_flight);
        let replies = b"+PONG\r\n".repeat(in_flight);
        for client in &mut self.0 {
            client.stream.write_all(&calls).unwrap();
        }
        for client in &mut self.0 {
            client.expect(&replies);
        }
    }

    fn echo(&mut self, text: &str) {
        let bulk = format!("${}\r\n{text}\r\n", text.len());
        let client = &mut self.0[0];
        client.stream.write_all(format!("*2\r\n$4\r\nECHO\r\n{bulk}").as_bytes()).unwrap();
        client.expect(bulk.as_bytes());
    }
}
