//! Credentials of one address that come all at once, while an authenticator takes its time.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rpc_core::RpcServer;
use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::protocol::Framing;
use rpc_core::server::ServerHandle;
use serde_json::json;
use tests::{Gate, HttpPeer, Model, Peer, until};
use tokio::sync::watch;

const LIMIT: usize = 10;
const CROWD: usize = 40;

/// Its authenticator waits for a word, and counts how often it is asked. Who says `right…` is somebody.
struct Slow {
    server: ServerHandle,
    asked: Arc<AtomicUsize>,
    open: watch::Sender<bool>,
}

impl Slow {
    fn start(model: Model) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let (open, gate) = watch::channel(false);
        let count = Arc::clone(&asked);
        let server =
            RpcServer::exported().authenticate_async(move |credentials: Credentials<'static>| {
                count.fetch_add(1, Ordering::SeqCst);
                let mut gate = gate.clone();
                async move {
                    let _ = gate.wait_for(|open| *open).await;
                    judge(&credentials)
                }
            });
        Self { server: model.start(server), asked, open }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Opens once as many are asked about as may be.
    fn open_when_full(&self) {
        until("the authenticator is asked", || self.asked() >= LIMIT);
        self.open.send(true).unwrap();
    }

    /// The statuses of requests, each of which comes over a connection of its own.
    fn crowd(&self, token: impl Fn(usize) -> String) -> Vec<u16> {
        let body = json!({"jsonrpc": "2.0", "method": "whoami", "id": 1}).to_string();
        let mut peers: Vec<_> = (0..CROWD).map(|number| self.send(&token(number), &body)).collect();
        self.open_when_full();
        peers.iter_mut().map(|peer| peer.receive().unwrap().status).collect()
    }

    fn send(&self, token: &str, body: &str) -> HttpPeer {
        let mut peer = HttpPeer::connect(self.server.address().to_string());
        let headers =
            format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
        peer.write(HttpPeer::post(&headers, body).as_bytes());
        peer
    }
}

fn judge(credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
    match credentials.bearer() {
        Some(token) if token.starts_with("right") => Ok(Identity::new("ada")),
        _ => Err(Unauthenticated::new("no such token")),
    }
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|known| **known == status).count()
}

#[test]
fn no_more_guesses_are_looked_at_than_may_be_wrong() {
    for model in Model::CONCURRENT {
        let slow = Slow::start(model);
        let statuses = slow.crowd(|number| format!("guess {number}"));
        assert_eq!(slow.asked(), LIMIT);
        assert_eq!(count(&statuses, 401), LIMIT, "{statuses:?}");
        assert_eq!(count(&statuses, 429), CROWD - LIMIT, "{statuses:?}");
    }
}

#[test]
fn a_crowd_of_right_callers_waits_and_none_is_refused() {
    for model in Model::CONCURRENT {
        let slow = Slow::start(model);
        let statuses = slow.crowd(|number| format!("right {number}"));
        assert_eq!(slow.asked(), CROWD);
        assert_eq!(count(&statuses, 200), CROWD, "{statuses:?}");
    }
}

#[test]
fn an_authenticator_that_keeps_its_thread_is_asked_about_no_more_of_them() {
    let (gate, asked) = (Gate::closed(), Arc::new(AtomicUsize::new(0)));
    let (number, counted) = (gate.number(), Arc::clone(&asked));
    let server = RpcServer::exported().slow_failed_logins(3, Duration::from_secs(60)).authenticate(
        move |credentials: &Credentials<'_>| {
            counted.fetch_add(1, Ordering::SeqCst);
            Gate::wait_at(number);
            judge(credentials)
        },
    );
    let server = Model::ThreadPerConnection.start(server);
    let greeting = r#"{"method_name":"rpc.authenticate","method_args":["Bearer guess"]}"#;
    let mut peers: Vec<_> =
        (0..12).map(|_| Peer::connect(server.address(), Framing::Raw)).collect();
    for peer in &mut peers {
        peer.send(greeting);
    }
    gate.until_reached_by(3);
    gate.open();
    let replies: Vec<_> = peers.iter_mut().map(|peer| peer.receive().unwrap()).collect();
    assert_eq!(replies.iter().filter(|reply| reply.contains("-32007")).count(), 3, "{replies:?}");
    assert_eq!(replies.iter().filter(|reply| reply.contains("-32000")).count(), 9, "{replies:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}
