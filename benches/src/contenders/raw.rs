//! Raw TCP: the bytes that ours sends, neither made nor read, only framed.

use std::error::Error;
use std::net::{SocketAddr, TcpStream};

use super::frames::{self, Frames, frame};
use super::{Client, Contender, TEXT};

/// Raw TCP, blocking, with a thread for each connection.
pub struct Raw;

impl Contender for Raw {
    fn name(&self) -> &'static str {
        "raw"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        frames::serve(announce, |body, out| {
            let reply = if body.len() < 1024 { REPLY } else { body };
            frame(out, |out| out.extend_from_slice(reply));
        })
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Client>, Box<dyn Error>> {
        let mut call = Vec::new();
        frame(&mut call, |out| out.extend_from_slice(CALL));
        let mut echo = Vec::new();
        frame(&mut echo, |out| {
            out.extend_from_slice(br#"{"method_name":"echo","method_args":[""#);
            out.extend_from_slice(TEXT.as_bytes());
            out.extend_from_slice(br#""],"method_kwargs":{},"id":123456}"#);
        });
        let frames = Frames::new(TcpStream::connect(address)?)?;
        Ok(Box::new(RawClient { frames, call, calls: Vec::new(), echo }))
    }
}

const CALL: &[u8] =
    br#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":3},"id":123456}"#;
const REPLY: &[u8] = br#"{"res":6,"id":123456}"#;

struct RawClient {
    frames: Frames,
    call: Vec<u8>,
    calls: Vec<u8>,
    echo: Vec<u8>,
}

impl Client for RawClient {
    fn begin_add(&mut self) {
        self.frames.write(&self.call).unwrap();
    }

    fn end_add(&mut self) {
        self.frames.next(|reply| assert_eq!(reply, REPLY)).unwrap();
    }

    fn add_many(&mut self, calls: usize) {
        if self.calls.len() != self.call.len() * calls {
            self.calls = self.call.repeat(calls);
        }
        self.frames.write(&self.calls).unwrap();
        for _ in 0..calls {
            self.frames.next(|reply| assert_eq!(reply, REPLY)).unwrap();
        }
    }

    fn echo(&mut self) {
        self.frames.write(&self.echo).unwrap();
        self.frames.next(|reply| assert!(*reply == self.echo[4..])).unwrap();
    }
}
