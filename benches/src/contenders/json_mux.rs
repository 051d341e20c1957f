//! Raw TCP, tokio and `serde_json`: what a good engineer writes in a day to have many calls in flight.
//!
//! Calls gather in a buffer that a task writes, and another task hands replies to those who wait for
//! them, by number. Both deal with many messages a system call.

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::asynchronous::{self, AsyncClient};
use super::frames::{bodies, frame};
use super::json::{AddKwargs, Call, NoKwargs, Reply, answer};
use super::{Clients, Contender, Kind, raw_tokio};

/// Tokio on one thread and `serde_json`, on either side.
pub struct JsonMux;

impl Contender for JsonMux {
    fn name(&self) -> &'static str {
        "json-mux"
    }

    fn kind(&self) -> Kind {
        Kind::Floor
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        raw_tokio::serve(announce, |body, out| {
            frame(out, |out| answer(body, out).expect("a call that is served here"));
        })
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        asynchronous::connect(connections, || async {
            Ok(Client::new(TcpStream::connect(address).await?)?)
        })
    }
}

struct Client {
    shared: Arc<Shared>,
    tasks: [JoinHandle<io::Result<()>>; 2],
}

#[derive(Default)]
struct Shared {
    calls: Mutex<Calls>,
    outgoing: Mutex<Vec<u8>>,
    has_outgoing: Notify,
}

#[derive(Default)]
struct Calls {
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<Value>>,
}

impl Client {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        let shared = Arc::new(Shared::default());
        let tasks = [
            tokio::spawn(write(Arc::clone(&shared), writer)),
            tokio::spawn(read(Arc::clone(&shared), reader)),
        ];
        Ok(Self { shared, tasks })
    }

    async fn call<T: DeserializeOwned>(
        &self,
        name: &str,
        args: impl Serialize,
        kwargs: impl Serialize,
    ) -> T {
        let (sender, reply) = oneshot::channel();
        let id = {
            let mut calls = self.shared.calls.lock().unwrap();
            calls.last += 1;
            let id = calls.last;
            calls.waiting.insert(id, sender);
            id
        };
        let call = Call { method_name: name, method_args: args, method_kwargs: kwargs, id };
        frame(&mut self.shared.outgoing.lock().unwrap(), |out| {
            serde_json::to_writer(out, &call).unwrap();
        });
        self.shared.has_outgoing.notify_one();
        serde_json::from_value(reply.await.unwrap()).unwrap()
    }
}

async fn write(shared: Arc<Shared>, mut stream: OwnedWriteHalf) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        shared.has_outgoing.notified().await;
        std::mem::swap(&mut bytes, &mut shared.outgoing.lock().unwrap());
        stream.write_all(&bytes).await?;
        bytes.clear();
    }
}

async fn read(shared: Arc<Shared>, mut stream: OwnedReadHalf) -> io::Result<()> {
    let mut arrived = vec![0; 1 << 14];
    let mut filled = 0;
    loop {
        if filled == arrived.len() {
            arrived.resize(2 * filled, 0);
        }
        let count = stream.read(&mut arrived[filled..]).await?;
        if count == 0 {
            return Ok(());
        }
        filled += count;
        let taken = bodies(&arrived[..filled], |body| {
            let reply: Reply<Value> = serde_json::from_slice(body).unwrap();
            let waiting = shared.calls.lock().unwrap().waiting.remove(&reply.id);
            // Nobody waits for it who has given it up.
            let _ = waiting.map(|waiting| waiting.send(reply.res));
        });
        arrived.copy_within(taken..filled, 0);
        filled -= taken;
    }
}

impl AsyncClient for Client {
    async fn add(&self) -> i64 {
        self.call("add", (1, 2), AddKwargs { c: 3 }).await
    }

    async fn echo(&self, text: &str) -> String {
        self.call("echo", (text,), NoKwargs {}).await
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
