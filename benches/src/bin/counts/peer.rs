//! The other end of a subject's connection, written by hand.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::messages::{Call, Traffic, array, mark};
use crate::process::{Counted, wait_until_asleep};
use crate::subject::Protocol;
use crate::wire;

/// More than arrives at one time.
const ROOM: usize = 256 * 1024;
/// How long a subject may be silent.
const PATIENCE: Duration = Duration::from_mins(1);

/// The client of a server that is counted.
pub struct Caller {
    stream: TcpStream,
    protocol: Protocol,
    process: u32,
}

impl Caller {
    /// Connects to the server.
    pub fn connect(
        address: SocketAddr,
        protocol: Protocol,
        process: u32,
    ) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        wire::open(protocol, &stream)?;
        Ok(Self { stream, protocol, process })
    }

    /// Makes calls of a kind.
    pub fn call(&mut self, traffic: &Traffic, calls: usize) -> Result<(), Box<dyn Error>> {
        // All of them as long as those of a client that has made many.
        let message = |id| traffic.call.message(self.protocol, 100_000 + id);
        let mut messages: Vec<_> = (0..traffic.in_flight).map(message).collect();
        if traffic.is_batch {
            messages = vec![array(&messages)];
        }
        let mut out = Vec::new();
        for message in &messages {
            wire::put_call(self.protocol, &mut out, message);
        }
        for _ in 0..calls / traffic.in_flight {
            self.exchange(&out, messages.len(), &traffic.call.result())?;
        }
        Ok(())
    }

    /// Ends a stretch of counting.
    pub fn mark(&mut self, server: &mut Counted) -> Result<(), Box<dyn Error>> {
        let mut out = Vec::new();
        wire::put_call(self.protocol, &mut out, mark(self.protocol));
        self.exchange(&out, 1, "null")?;
        server.read_mark()
    }

    /// Sends messages at once and reads their replies, each of which must hold this result.
    fn exchange(&mut self, out: &[u8], replies: usize, result: &str) -> Result<(), Box<dyn Error>> {
        wait_until_asleep(self.process)?;
        self.stream.write_all(out)?;
        let mut received = Vec::new();
        let mut room = vec![0; ROOM];
        let mut start = 0;
        for _ in 0..replies {
            let message = loop {
                if let Some(place) = wire::take(self.protocol, &mut received[start..]) {
                    let message = &received[start + place.start..start + place.end];
                    start += place.end;
                    break message;
                }
                let count = self.stream.read(&mut room)?;
                if count == 0 {
                    return Err("the server has closed the connection".into());
                }
                received.extend_from_slice(&room[..count]);
            };
            if !message.windows(result.len()).any(|part| part == result.as_bytes()) {
                return Err(format!("a reply: {}", String::from_utf8_lossy(message)).into());
            }
        }
        Ok(())
    }
}

/// Is the server of a client that is counted, until it leaves.
///
/// What the client says before it sleeps is answered in one write.
pub fn answer(
    mut stream: TcpStream,
    protocol: Protocol,
    process: u32,
) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    wire::accept(protocol, &stream)?;
    let mut received = vec![0; ROOM];
    let mut end = 0;
    while stream.peek(&mut [0])? > 0 {
        wait_until_asleep(process)?;
        end += stream.read(&mut received[end..])?;
        let mut start = 0;
        let mut out = Vec::new();
        while let Some(place) = wire::take(protocol, &mut received[start..end]) {
            let message = &received[start + place.start..start + place.end];
            let reply = Call::answer(protocol, message).ok_or("a message that is no call")?;
            wire::put_reply(protocol, &mut out, &reply);
            start += place.end;
        }
        received.copy_within(start..end, 0);
        end -= start;
        stream.write_all(&out)?;
    }
    Ok(())
}
