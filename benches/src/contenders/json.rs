//! Raw TCP and `serde_json`: the least that anybody would write by hand for the same bytes.

use std::borrow::Cow;
use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpStream};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::frames::{self, Frames, frame};
use super::{Clients, Contender, Kind};

/// Raw TCP and `serde_json`, blocking, with a thread for each connection.
pub struct Json;

#[derive(Serialize, Deserialize)]
pub struct Call<'a, A, K> {
    pub method_name: &'a str,
    pub method_args: A,
    pub method_kwargs: K,
    pub id: u64,
}

#[derive(Serialize, Deserialize)]
pub struct Reply<T> {
    pub res: T,
    pub id: u64,
}

#[derive(Serialize, Deserialize)]
pub struct AddKwargs {
    pub c: i64,
}

#[derive(Serialize, Deserialize)]
pub struct NoKwargs {}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Contender for Json {
    fn name(&self) -> &'static str {
        "raw + serde_json"
    }

    fn kind(&self) -> Kind {
        Kind::Floor
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        frames::serve(announce, |body, out| {
            frame(out, |out| answer(body, out).expect("a call that is served here"));
        })
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        let connect = |_| {
            let frames = Frames::new(TcpStream::connect(address)?)?;
            Ok::<_, io::Error>(JsonClient { frames, out: Vec::new(), id: 0 })
        };
        let clients = (0..connections).map(connect).collect::<Result<_, _>>()?;
        Ok(Box::new(JsonClients(clients)))
    }
}

/// Answers a call of `add` or `echo`.
pub fn answer(body: &[u8], out: &mut Vec<u8>) -> serde_json::Result<()> {
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

    fn receive<T: DeserializeOwned>(&mut self) -> T {
        self.frames.next(|reply| serde_json::from_slice(reply)).unwrap().unwrap()
    }
}

struct JsonClients(Vec<JsonClient>);

impl Clients for JsonClients {
    fn add(&mut self, in_flight: usize) {
        for client in &mut self.0 {
            for _ in 0..in_flight {
                client.put("add", (1, 2), AddKwargs { c: 3 });
            }
            client.send();
        }
        for client in &mut self.0 {
            let last = client.id;
            for id in last + 1 - in_flight as u64..=last {
                let reply: Reply<i64> = client.receive();
                assert_eq!((reply.res, reply.id), (6, id));
            }
        }
    }

    fn echo(&mut self, text: &str) {
        let client = &mut self.0[0];
        client.put("echo", (text,), NoKwargs {});
        client.send();
        let reply: Reply<String> = client.receive();
        assert!(reply.res == text && reply.id == client.id);
    }
}
