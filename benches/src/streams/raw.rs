//! Raw TCP: the bytes of the same items, made beforehand and never looked at.

use std::error::Error;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use crate::contenders::frames::{Frames, frame};

use super::item::Kind;
use super::json::{self, Request, batches};
use super::{Reader, Streamer};

/// Raw TCP, blocking, with a thread for each connection.
pub struct Raw;

impl Streamer for Raw {
    fn name(&self) -> &'static str {
        "raw"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        announce(listener.local_addr()?);
        for stream in listener.incoming() {
            let mut frames = Frames::new(stream?)?;
            thread::spawn(move || {
                let mut made = (None, Vec::new());
                while let Ok(request) = frames.next(json::request) {
                    if made.0 != Some(request) {
                        made = (Some(request), answer(request));
                    }
                    for batch in &made.1 {
                        frames.write(batch)?;
                    }
                }
                Ok::<_, std::io::Error>(())
            });
        }
        Ok(())
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Reader>, Box<dyn Error>> {
        Ok(Box::new(RawReader { frames: Frames::new(TcpStream::connect(address)?)?, known: None }))
    }
}

/// The frames of a stream, the last of which is empty.
fn answer(request: Request) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    batches(request, |batch| {
        frames.push(batch.to_vec());
        Ok(())
    })
    .unwrap();
    frames
}

struct RawReader {
    frames: Frames,
    /// What was asked for last, and how many bytes that is.
    known: Option<(Request, usize)>,
}

impl Reader for RawReader {
    fn read(&mut self, kind: Kind, count: u32) {
        let request = Request { kind, count };
        let mut call = Vec::new();
        frame(&mut call, |out| request.write(out));
        self.frames.write(&call).unwrap();
        let mut bytes = 0;
        loop {
            match self.frames.next(<[u8]>::len).unwrap() {
                0 => break,
                length => bytes += length,
            }
        }
        let known = self.known.filter(|known| known.0 == request);
        assert_eq!(known.map_or(bytes, |known| known.1), bytes);
        self.known = Some((request, bytes));
    }
}
