//! What clients promise when they do not wait: deadlines, and calls that are given up.

use std::fs::File;
use std::future::poll_fn;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use examples::{add, sleep_ms};
use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, RpcClient, Stub, args};
use serde_json::Value;
use tests::{Folder, WebSocket};
use tokio::task::JoinSet;

use crate::functions::{note_run, runs};
use crate::model::Model;
use crate::promise::{Client, Effort, Figures, Promise};
use crate::setup::Setup;
use crate::system::ms;

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_clients(
        "deadlines",
        deadlines,
        "a caller's deadline holds whatever the other side sends or does not send, reading and writing",
    ),
    Promise::of_servers(
        "dropped-calls",
        Model::ALL,
        dropped_calls,
        "a call that is dropped on its way loses or doubles no byte on its connection; its reply reaches nobody else",
    )
    .side_by_side(),
    Promise::of_servers(
        "cancelled-calls",
        Model::OF_TASKS,
        cancelled_calls,
        "of calls that are cancelled before they have begun, 1 % at most are begun; their neighbours do not wait for them",
    ),
];

/// What a server does instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flood {
    UnaskedNotifications,
    UnaskedReplies,
    Continue,
    Pings,
    /// Pings, of which no pong is read.
    PingsAlone,
    EmptyFragments,
    NeverReads,
}

impl Flood {
    const ALL: [Self; 7] = [
        Self::UnaskedNotifications,
        Self::UnaskedReplies,
        Self::Continue,
        Self::Pings,
        Self::PingsAlone,
        Self::EmptyFragments,
        Self::NeverReads,
    ];

    /// Starts a server that does so to its first client, for so long at most. Others, and the same once more, wait
    /// to be accepted for as long as there is the listener.
    fn start(self, most: Duration) -> (TcpListener, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listening = listener.try_clone().unwrap();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let begun = Instant::now();
            if self == Self::NeverReads {
                thread::sleep(most);
                return drop(stream);
            }
            let end = stream.try_clone().unwrap();
            stream.set_write_timeout(Some(most)).unwrap();
            let mut write = self.writer(stream);
            let reading = end.try_clone().unwrap();
            let reader = thread::spawn(move || {
                if self != Self::PingsAlone {
                    read_all(&reading);
                }
            });
            while begun.elapsed() < most && write() {}
            let _ = end.shutdown(std::net::Shutdown::Both);
            reader.join().unwrap();
        });
        (listening, server)
    }

    /// What writes once more, and says whether anybody is there.
    fn writer(self, stream: TcpStream) -> Box<dyn FnMut() -> bool> {
        match self {
            Self::Pings | Self::PingsAlone | Self::EmptyFragments => {
                let mut socket = WebSocket::accept(stream);
                let mut frames: &[u8] = &[0x89, 1, b'x'];
                if self == Self::EmptyFragments {
                    let _ = socket.try_write(&[0x01, 0x00]);
                    frames = &[0x00, 0x00];
                }
                let frames = frames.repeat(500);
                Box::new(move || socket.try_write(&frames).is_ok())
            }
            _ => {
                let text = match self {
                    Self::Continue => "HTTP/1.1 100 Continue\r\n\r\n",
                    Self::UnaskedReplies => "{\"res\":1,\"id\":987654}\n",
                    _ => "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n",
                };
                let text = text.repeat(500).into_bytes();
                let mut stream = stream;
                Box::new(move || std::io::Write::write_all(&mut stream, &text).is_ok())
            }
        }
    }

    /// How a client speaks to it, and where.
    fn client(self, address: SocketAddr) -> (ClientBuilder, String) {
        let builder = RpcClient::builder();
        match self {
            Self::UnaskedNotifications => {
                (builder.framing(Framing::Raw).dialect(Dialect::JsonRpc), address.to_string())
            }
            Self::UnaskedReplies => (builder.framing(Framing::Raw), address.to_string()),
            Self::Continue => (builder, format!("http://{address}")),
            Self::Pings | Self::PingsAlone | Self::EmptyFragments => {
                (builder, format!("ws://{address}"))
            }
            Self::NeverReads => (builder, address.to_string()),
        }
    }
}

fn read_all(mut stream: &TcpStream) {
    let mut room = vec![0; 1 << 16];
    while stream.read(&mut room).is_ok_and(|count| count > 0) {}
}

/// Calls of servers that keep their clients busy.
fn deadlines(which: Client, effort: Effort) -> Figures {
    let limit = Duration::from_millis(effort.pick(300, 1500));
    let late_at_most = Duration::from_millis(effort.pick(1500, 500));
    let mut latest = Duration::ZERO;
    let mut wrong = Vec::new();
    for flood in Flood::ALL {
        let (listening, server) = flood.start(effort.pick(limit * 10, limit * 3));
        let (builder, address) = flood.client(listening.local_addr().unwrap());
        let builder = builder.call_timeout(limit);
        let text = if flood == Flood::NeverReads { "x".repeat(9 << 20) } else { String::new() };
        let begun = Instant::now();
        let result = match which {
            Client::Blocking => builder
                .connect(&address)
                .and_then(|client| client.call::<Value>("same", args![&text], ())),
            Client::Asynchronous => tests::run(async {
                let client = builder.connect_async(&address).await?;
                client.call::<Value>("same", args![&text], ()).await
            }),
        };
        let late = begun.elapsed().saturating_sub(limit);
        latest = latest.max(late);
        if late > late_at_most {
            wrong.push(format!("{flood:?}: {late:?} after the deadline"));
        }
        let is_timeout = result.as_ref().is_err_and(rpc_core::Error::is_timeout);
        if !is_timeout {
            wrong.push(format!("{flood:?}: {result:.200?}"));
        }
        server.join().unwrap();
        drop(listening);
    }
    Figures::new().none_of("deadlines that did not hold", &wrong).at_most(
        "ended after the deadline by",
        ms(latest),
        "ms",
        ms(late_at_most),
    )
}

/// Polls a call a few times and drops it unless it is done.
async fn give_up_after<T>(call: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut call = pin!(call);
    let mut polled = 0;
    poll_fn(|task| {
        if let Poll::Ready(result) = call.as_mut().poll(task) {
            return Poll::Ready(Some(result));
        }
        polled += 1;
        if polled > polls {
            return Poll::Ready(None);
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Calls of all sizes, three of four given up after some polls.
fn dropped_calls(setup: Setup) -> Figures {
    let calls = setup.pick(300, 20_000);
    let server = setup.serve("");
    let mut given_up = 0;
    let mut wrong = Vec::new();
    for framing in tests::FRAMINGS {
        tests::run(async {
            let builder = AsyncRpcClient::builder().framing(framing);
            let client = builder.connect_async(server.address()).await.unwrap();
            for number in 0..calls {
                let text = "x".repeat(if number % 50 == 7 { 1_000_000 } else { 100 });
                let call = client.call::<(u64, String)>("same", args![(number, &text)], ());
                let polls = [usize::MAX, 0, 1, 30][usize::try_from(number).unwrap() % 4];
                match give_up_after(call, polls).await {
                    Some(Ok(reply)) if reply == (number, text) => {}
                    Some(other) => wrong.push(format!("call {number}: {other:.100?}")),
                    None => given_up += 1,
                }
            }
            if client.add(1, 2).call().await.ok() != Some(13) {
                wrong.push("afterwards nobody is served".to_owned());
            }
        });
    }
    Figures::new()
        .told("calls", calls as f64 * 2.0, "")
        .at_least("given up", f64::from(given_up), "", 1.0)
        .none_of("wrong outcomes", &wrong)
}

/// While a plain function holds the server up, others are asked for and given up.
fn cancelled_calls(setup: Setup) -> Figures {
    let calls: u64 = setup.pick(300, 3000);
    let neighbours = setup.pick(100, 1000);
    let folder = Folder::new();
    let file = folder.file("runs");
    File::create(&file).unwrap();
    let path = file.to_str().unwrap();
    let server = setup.serve("--workers 1");
    let (timed_out, slowest) = tests::run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let neighbour = AsyncRpcClient::connect(server.address()).await.unwrap();
        assert_eq!(neighbour.add(1, 2).call().await.unwrap(), 13);
        assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
        let holding = client.sleep_ms(1500).start().unwrap();
        // It is to have begun before the others come.
        tokio::time::sleep(Duration::from_millis(200)).await;
        // One by one, as tasks that are aborted give calls up.
        let started: Vec<_> =
            (0..calls).map(|call| client.note_run(path, call, 5).start().unwrap()).collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(started);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begun = Instant::now();
        let mut waiting = JoinSet::new();
        for _ in 0..neighbours {
            let neighbour = neighbour.clone();
            waiting.spawn(async move {
                let call = neighbour.within(Duration::from_secs(5)).add(1, 2).call().await;
                (call.is_ok(), begun.elapsed())
            });
        }
        let outcomes = waiting.join_all().await;
        holding.await.unwrap();
        // Its answer is the last, so everything before has been looked at.
        assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
        let timed_out = outcomes.iter().filter(|(is_answered, _)| !is_answered).count();
        (timed_out, outcomes.into_iter().map(|(_, took)| took).max().unwrap_or_default())
    });
    Figures::new()
        .told("cancelled", calls as f64, "")
        .at_most("of them begun", runs(&file).len() as f64, "", setup.pick(0.0, 30.0))
        .none("neighbours timed out", timed_out)
        .told("the slowest neighbour", ms(slowest), "ms")
}
