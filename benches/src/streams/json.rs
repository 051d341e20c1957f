//! Raw TCP and `serde_json`: the least that anybody would write by hand for the same bytes. Nothing but TCP holds
//! a server back whose client reads too slowly.

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::contenders::frames::{Frames, frame};

use super::item::{self, Check, Kind, Record};
use super::{Reader, Streamer};

/// Raw TCP and `serde_json`, blocking, with a thread for each connection.
pub struct Json;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub kind: Kind,
    pub count: u32,
}

impl Request {
    pub fn write(self, out: &mut Vec<u8>) {
        out.push(u8::from(self.kind == Kind::Records));
        out.extend(self.count.to_le_bytes());
    }
}

/// Reads a request.
pub fn request(body: &[u8]) -> Request {
    let (kind, count) = body.split_first_chunk::<1>().unwrap();
    let kind = if *kind == [1] { Kind::Records } else { Kind::Numbers };
    Request { kind, count: u32::from_le_bytes(count.try_into().unwrap()) }
}

/// Items that travel together.
#[derive(Deserialize)]
struct Batch<T> {
    items: Vec<T>,
    #[allow(dead_code)] // It is there for its bytes.
    id: u64,
}

const BATCH: usize = 32 * 1024;

/// Hands over the frames of a stream, of 32 KiB, the last of which is empty.
pub fn batches(
    Request { kind, count }: Request,
    write: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    match kind {
        Kind::Numbers => batches_of(item::numbers(count), write),
        Kind::Records => batches_of(item::records(count), write),
    }
}

fn batches_of<T: Serialize>(
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut items = items.peekable();
    let mut out = Vec::with_capacity(2 * BATCH);
    while items.peek().is_some() {
        out.clear();
        frame(&mut out, |out| {
            out.extend_from_slice(br#"{"items":["#);
            while out.len() < BATCH
                && let Some(item) = items.next()
            {
                serde_json::to_writer(&mut *out, &item).unwrap();
                out.push(b',');
            }
            out.pop();
            out.extend_from_slice(br#"],"id":7}"#);
        });
        write(&out)?;
    }
    out.clear();
    frame(&mut out, |_| ());
    write(&out)
}

impl Streamer for Json {
    fn name(&self) -> &'static str {
        "raw + serde_json"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        announce(listener.local_addr()?);
        for stream in listener.incoming() {
            let mut frames = Frames::new(stream?)?;
            thread::spawn(move || {
                while let Ok(request) = frames.next(request) {
                    batches(request, |batch| frames.write(batch))?;
                }
                Ok::<_, io::Error>(())
            });
        }
        Ok(())
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Reader>, Box<dyn Error>> {
        Ok(Box::new(JsonReader(Frames::new(TcpStream::connect(address)?)?)))
    }
}

struct JsonReader(Frames);

impl JsonReader {
    fn items<T: DeserializeOwned>(&mut self, count: u32, is: fn(&T, i64) -> bool) {
        let mut check = Check::of(count);
        loop {
            let batch = self.0.next(|body| {
                (!body.is_empty()).then(|| serde_json::from_slice::<Batch<T>>(body).unwrap())
            });
            let Some(batch) = batch.unwrap() else { break };
            batch.items.iter().for_each(|item| check.take(item, is));
        }
        check.end();
    }
}

impl Reader for JsonReader {
    fn read(&mut self, kind: Kind, count: u32) {
        let mut call = Vec::new();
        frame(&mut call, |out| Request { kind, count }.write(out));
        self.0.write(&call).unwrap();
        match kind {
            Kind::Numbers => self.items(count, item::is_number),
            Kind::Records => self.items(count, Record::is),
        }
    }
}
