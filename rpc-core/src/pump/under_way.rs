//! What is under way on a connection of an event loop: calls that run beside each other, streams, and what all others
//! wait for.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::dialect::write_granted;
use crate::json_rpc::{Asking, Feed, Found, Later, Order, Part, Reply, Said};
use crate::protocol::Limits;
use crate::registry::Inlet;

use super::ahead::Pace;
use super::finish::{finish, next_part};
use super::pile::Pile;
use super::streams::Streams;

/// What a connection's task wakes up for.
pub(super) enum Event {
    /// Bytes have come; 0 of them when the peer has ended the stream.
    Read(io::Result<usize>),
    /// The reply that all others wait for is there.
    Turn(Vec<u8>),
    /// It is found out who has sent the message that all others wait for.
    Found(Found, Vec<u8>),
    /// A reply that may overtake others is there, or more of one.
    Reply(Said),
    /// The server is about to stop.
    Stopping,
    /// The peer's time is up.
    Late,
}

/// Whether the peer is to be told that the server is about to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// The server goes on.
    None,
    /// As soon as it has been heard.
    Owed,
    /// It has been told.
    Given,
}

/// What all other calls of a connection wait for.
pub(super) enum Turn {
    /// A reply that no other may overtake.
    Reply(Reply),
    /// Who has sent this message.
    Asking(Box<(Asking, Vec<u8>)>),
}

impl Turn {
    pub(super) fn poll(&mut self, task: &mut Context<'_>) -> Poll<Event> {
        match self {
            Self::Reply(reply) => reply.as_mut().poll(task).map(Event::Turn),
            Self::Asking(asked) => {
                let (asking, message) = &mut **asked;
                Pin::new(asking).poll(task).map(|found| Event::Found(found, mem::take(message)))
            }
        }
    }
}

/// What has run comes to.
pub(super) struct Came {
    said: Said,
    /// Of how many calls it is the reply.
    calls: usize,
    /// The upload of which its sender is told how much room there is, and its id.
    upload: Option<(String, Inlet)>,
    /// What follows, of a call that answers with a stream.
    feed: Option<Box<Feed>>,
}

impl AsRef<[u8]> for Came {
    fn as_ref(&self) -> &[u8] {
        self.said.as_ref()
    }
}

/// What is under way on a connection.
pub(super) struct UnderWay {
    /// What runs and may overtake each other.
    pub(super) running: JoinSet<Came>,
    /// How many calls those are.
    pub(super) calls: usize,
    /// Those that answer with streams.
    pub(super) streams: Streams,
    /// The replies of those that have ended.
    pub(super) pile: Arc<Pile>,
    /// How those among them that have an id are stopped.
    pub(super) aborts: HashMap<String, AbortHandle>,
    /// The call that all others wait for.
    pub(super) turn: Option<Turn>,
    /// Since when the peer has been silent, or at one message.
    pub(super) since: Instant,
    pub(super) partial: bool,
    /// Whether a message has ever come.
    pub(super) heard: bool,
    pub(super) ended: bool,
    pub(super) notice: Notice,
    /// What is said when all that runs has been answered, and then the connection closes.
    pub(super) last: Option<Vec<u8>>,
    pub(super) pace: Pace,
}

impl UnderWay {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            running: JoinSet::new(),
            calls: 0,
            streams: Streams::default(),
            pile: Arc::new(Pile::new(limits.max_waiting_reply_bytes)),
            aborts: HashMap::new(),
            turn: None,
            since: Instant::now(),
            partial: false,
            heard: false,
            ended: false,
            notice: Notice::None,
            last: None,
            pace: Pace::default(),
        }
    }

    /// Starts what must be done for a reply; for one that may not overtake others, all others wait. Returns what is
    /// said at once instead, if anything is.
    pub(super) fn start(&mut self, mut later: Later, limits: &Limits) -> Vec<u8> {
        if let Some(feed) = later.take_feed() {
            return match self.streams.open(feed, limits.max_streams) {
                Ok(feed) => {
                    if let Some(inlet) = feed.inlet() {
                        self.grant(feed.id().to_owned(), inlet.clone());
                    }
                    self.feed(feed);
                    Vec::new()
                }
                Err(refusal) => refusal,
            };
        }
        let calls = later.calls();
        let order = later.order().clone();
        let reply = finish(later);
        if order == Order::InTurn {
            self.turn = Some(Turn::Reply(Box::pin(reply)));
            return Vec::new();
        }
        self.calls += calls;
        let pile = Arc::clone(&self.pile);
        let came =
            async move { Came { said: reply.await.into(), calls, upload: None, feed: None } };
        let abort = self.running.spawn(async move { pile.put(came).await });
        if let Order::ById(id) = order {
            self.aborts.insert(id, abort);
            if self.aborts.len() > 2 * self.running.len() + 16 {
                self.aborts.retain(|_, call| !call.is_finished());
            }
        }
        Vec::new()
    }

    /// Asks for the next part of a stream. It is not asked before the last one is on its way.
    pub(super) fn feed(&mut self, feed: Box<Feed>) {
        let pile = Arc::clone(&self.pile);
        let came = async move {
            let Part { said, feed } = next_part(feed).await;
            Came { said, calls: 0, upload: None, feed }
        };
        self.running.spawn(async move { pile.put(came).await });
    }

    /// Waits until there is room for more of an upload, which its sender is told.
    fn grant(&mut self, id: String, inlet: Inlet) {
        let pile = Arc::clone(&self.pile);
        let came = async move {
            let mut told = Vec::new();
            let total = poll_fn(|task| inlet.poll_grant(task)).await;
            let upload = total.map(|total| {
                write_granted(&mut told, &id, total);
                (id, inlet)
            });
            Came { said: told.into(), calls: 0, upload, feed: None }
        };
        self.running.spawn(async move { pile.put(came).await });
    }

    /// Whether calls run, and nothing need come meanwhile.
    pub(super) fn waits(&self) -> bool {
        self.turn.is_some() || self.calls > 0
    }

    /// Whether something else is waited for than the peer.
    pub(super) fn is_busy(&self) -> bool {
        self.waits() || self.streams.are_busy()
    }

    /// Takes note of a reply that has come. Only single calls are ever stopped before theirs has.
    pub(super) fn came(&mut self, ran: Result<Came, JoinError>) -> Said {
        let nothing = Came { said: Said::default(), calls: 1, upload: None, feed: None };
        let Came { said, calls, upload, feed } = ran.unwrap_or(nothing);
        self.calls -= calls;
        self.pile.take(said.as_ref());
        if let Some(feed) = feed {
            self.feed(feed);
        }
        if let Some((id, inlet)) = upload {
            self.grant(id, inlet);
        }
        said
    }

    /// Whether no more messages are read.
    pub(super) fn is_deaf(&self) -> bool {
        self.turn.is_some() || self.ended || self.last.is_some()
    }

    pub(super) fn cancel(&mut self, id: &str) {
        self.streams.cancel(id);
        if let Some(call) = self.aborts.remove(id) {
            call.abort();
        }
    }
}
