//! Raw TCP: the bytes that ours sends, neither made nor read, only framed.

use std::error::Error;
use std::net::{SocketAddr, TcpStream};

use super::frames::{self, Frames, frame};
use super::{Clients, Contender, Kind};

/// Raw TCP, blocking, with a thread for each connection.
pub struct Raw;

impl Contender for Raw {
    fn name(&self) -> &'static str {
        "raw"
    }

    fn kind(&self) -> Kind {
        Kind::Floor
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        frames::serve(announce, answer)
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        RawClients::connect(address, connections)
    }
}

const CALL: &[u8] =
    br#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":3},"id":123456}"#;
pub const REPLY: &[u8] = br#"{"res":6,"id":123456}"#;

/// Appends the reply to a call: that of `add`, or what was sent.
pub fn answer(body: &[u8], out: &mut Vec<u8>) {
    let reply = if body.len() == CALL.len() { REPLY } else { body };
    frame(out, |out| out.extend_from_slice(reply));
}

/// The frames of so many calls of `add`.
pub fn add_calls(calls: usize) -> Vec<u8> {
    let mut call = Vec::new();
    frame(&mut call, |out| out.extend_from_slice(CALL));
    call.repeat(calls)
}

/// The frame of a call of `echo`.
pub fn echo_call(text: &str) -> Vec<u8> {
    let mut call = Vec::new();
    frame(&mut call, |out| {
        out.extend_from_slice(br#"{"method_name":"echo","method_args":[""#);
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(br#""],"method_kwargs":{},"id":123456}"#);
    });
    call
}

/// The blocking clients of raw TCP.
pub struct RawClients {
    connections: Vec<Frames>,
    /// The calls that were made last, with their number or the text.
    calls: (usize, Vec<u8>),
    echo: (usize, Vec<u8>),
}

impl RawClients {
    pub fn connect(
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        let connect = |_| Frames::new(TcpStream::connect(address)?);
        let connections = (0..connections).map(connect).collect::<Result<_, _>>()?;
        Ok(Box::new(Self { connections, calls: (0, Vec::new()), echo: (0, Vec::new()) }))
    }
}

impl Clients for RawClients {
    fn add(&mut self, in_flight: usize) {
        if self.calls.0 != in_flight {
            self.calls = (in_flight, add_calls(in_flight));
        }
        for connection in &mut self.connections {
            connection.write(&self.calls.1).unwrap();
        }
        for connection in &mut self.connections {
            for _ in 0..in_flight {
                connection.next(|reply| assert_eq!(reply, REPLY)).unwrap();
            }
        }
    }

    fn echo(&mut self, text: &str) {
        if self.echo.0 != text.len() {
            self.echo = (text.len(), echo_call(text));
        }
        let call = &self.echo.1;
        self.connections[0].write(call).unwrap();
        self.connections[0].next(|reply| assert!(*reply == call[4..])).unwrap();
    }
}
