//! Raw TCP and `serde_json`: the least that anybody would write by hand for the same bytes.

use std::borrow::Cow;
use std::error::Error;
use std::net::{SocketAddr, TcpStream};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::frames::{self, Frames, frame};
use super::{Client, Contender, TEXT};

/// Raw TCP and `serde_json`, blocking, with a thread for each connection.
pub struct Json;

#[derive(Serialize, Deserialize)]
struct Call<'a, A, K> {
    method_name: &'a str,
    method_args: A,
    method_kwargs: K,
    id: u64,
}

#[derive(Serialize, Deserialize)]
struct Reply<T> {
    res: T,
    id: u64,
}

#[derive(Serialize, Deserialize)]
struct AddKwargs {
    c: i64,
}

#[derive(Serialize, Deserialize)]
struct NoKwargs {}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Contender for Json {
    fn name(&self) -> &'static str {
        "raw + serde_json"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        frames::serve(announce, |body, out| {
            frame(out, |out| answer(body, out).expect("a call that is served here"));
        })
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Client>, Box<dyn Error>> {
        let frames = Frames::new(TcpStream::connect(address)?)?;
        Ok(Box::new(JsonClient { frames, out: Vec::new(), id: 0 }))
    }
}

fn answer(body: &[u8], out: &mut Vec<u8>) -> serde_json::Result<()> {
    #[derive(Deserialize)]
    struct AnyCall<'a> {
        method_name: &'a str,
        #[serde(borrow)]
        method_args: &'a RawValue,
        #[serde(borrow)]
        method_kwargs: &'a RawValue,
        id: u64,
    }
    let AnyCall { method_name, method_args, method_kwargs, id } = serde_json::from_slice(body)?;
    if method_name == "add" {
        let (a, b): (i64, i64) = serde_json::from_str(method_args.get())?;
        let AddKwargs { c } = serde_json::from_str(method_kwargs.get())?;
        serde_json::to_writer(out, &Reply { res: a + b + c, id })
    } else {
        let (Text(text),) = serde_json::from_str(method_args.get())?;
        serde_json::to_writer(out, &Reply { res: text, id })
    }
}

struct JsonClient {
    frames: Frames,
    out: Vec<u8>,
    id: u64,
}

impl JsonClient {
    fn put(&mut self, name: &str, args: impl Serialize, kwargs: impl Serialize) {
        self.id += 1;
        let call =
            Call { method_name: name, method_args: args, method_kwargs: kwargs, id: self.id };
        frame(&mut self.out, |out| serde_json::to_writer(out, &call).unwrap());
    }

    fn send(&mut self) {
        self.frames.write(&self.out).unwrap();
        self.out.clear();
    }

    fn receive_sum(&mut self, id: u64) {
        let reply =
            self.frames.next(|reply| serde_json::from_slice::<Reply<i64>>(reply)).unwrap().unwrap();
        assert_eq!((reply.res, reply.id), (6, id));
    }
}

impl Client for JsonClient {
    fn begin_add(&mut self) {
        self.put("add", (1, 2), AddKwargs { c: 3 });
        self.send();
    }

    fn end_add(&mut self) {
        self.receive_sum(self.id);
    }

    fn add_many(&mut self, calls: usize) {
        let first = self.id + 1;
        for _ in 0..calls {
            self.put("add", (1, 2), AddKwargs { c: 3 });
        }
        self.send();
        for id in first..=self.id {
            self.receive_sum(id);
        }
    }

    fn echo(&mut self) {
        self.put("echo", (TEXT.as_str(),), NoKwargs {});
        self.send();
        let reply = self
            .frames
            .next(|reply| serde_json::from_slice::<Reply<String>>(reply))
            .unwrap()
            .unwrap();
        assert!(reply.res == *TEXT && reply.id == self.id);
    }
}
