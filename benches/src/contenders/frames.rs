//! Length-prefixed frames over a blocking socket, as somebody would write them by hand.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// A connection and what has arrived on it.
pub struct Frames {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

/// Larger than any message here.
const BUFFER: usize = 4 << 20;
const PREFIX: usize = 4;

impl Frames {
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; BUFFER], start: 0, end: 0 })
    }

    /// The body of the next frame, if it has arrived whole.
    pub fn arrived(&mut self) -> Option<&[u8]> {
        let waiting = &self.buffer[self.start..self.end];
        let (prefix, rest) = waiting.split_first_chunk::<PREFIX>()?;
        let length = u32::from_le_bytes(*prefix) as usize;
        let body = rest.get(..length)?;
        self.start += PREFIX + length;
        Some(body)
    }

    /// Reads what there is; `false` when the other side has closed.
    pub fn read(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let count = self.stream.read(&mut self.buffer[self.end..])?;
        self.end += count;
        Ok(count > 0)
    }

    /// Waits for the next frame and hands over its body.
    pub fn next<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        loop {
            if let Some(body) = self.arrived() {
                return Ok(take(body));
            }
            if !self.read()? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }
}

/// Appends a frame with the body that `write` appends.
pub fn frame(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX]);
    write(out);
    let length = u32::try_from(out.len() - start - PREFIX).unwrap_or(u32::MAX);
    out[start..start + PREFIX].copy_from_slice(&length.to_le_bytes());
}

/// Hands over the bodies of the frames that are whole, and returns how many bytes they took.
pub fn bodies(arrived: &[u8], mut take: impl FnMut(&[u8])) -> usize {
    let mut rest = arrived;
    while let Some((prefix, after)) = rest.split_first_chunk::<PREFIX>()
        && let Some((body, after)) = after.split_at_checked(u32::from_le_bytes(*prefix) as usize)
    {
        take(body);
        rest = after;
    }
    arrived.len() - rest.len()
}

/// Serves with a thread for each connection: all frames that have arrived, then one write.
pub fn serve(
    announce: fn(SocketAddr),
    answer: fn(&[u8], &mut Vec<u8>),
) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    announce(listener.local_addr()?);
    for stream in listener.incoming() {
        let mut frames = Frames::new(stream?)?;
        thread::spawn(move || -> io::Result<()> {
            let mut out = Vec::new();
            while frames.read()? {
                while let Some(body) = frames.arrived() {
                    answer(body, &mut out);
                }
                frames.write(&out)?;
                out.clear();
            }
            Ok(())
        });
    }
    Ok(())
}
