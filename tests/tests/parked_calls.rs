//! Calls wait for a policy to wake them, until their time ends.

#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use examples::add;
use rpc_core::client::{Admission, Attempt, Policy};
use rpc_core::error::IoErrorKind;
use rpc_core::server::ServerHandle;
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub, rpc_export};
use tests::{Gate, Model, run, until};

fn server() -> ServerHandle {
    Model::EventLoop.start(RpcServer::exported())
}

fn blocking(server: &ServerHandle) -> RpcClient {
    RpcClient::connect(server.address()).unwrap()
}

async fn asynchronous(server: &ServerHandle) -> AsyncRpcClient {
    AsyncRpcClient::connect(server.address()).await.unwrap()
}

/// Lets so many calls run at a time; the others wait, first come, first served.
struct Concurrency {
    most: usize,
    state: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    running: Vec<u64>,
    waiting: VecDeque<(u64, Waker)>,
}

impl Concurrency {
    fn of(most: usize) -> Self {
        Self { most, state: Mutex::default() }
    }
}

impl Policy for Concurrency {
    fn admit(&self, attempt: &mut Attempt<'_>, waker: &Waker) -> Admission {
        let mut state = self.state.lock().unwrap();
        let id = attempt.id();
        let place = state.waiting.iter().position(|waiting| waiting.0 == id);
        let ahead = place.unwrap_or(state.waiting.len());
        if state.running.len() + ahead < self.most {
            state.waiting.retain(|waiting| waiting.0 != id);
            state.running.push(id);
            return Admission::Go;
        }
        match place {
            Some(place) => state.waiting[place].1.clone_from(waker),
            None => state.waiting.push_back((id, waker.clone())),
        }
        Admission::Park
    }

    fn ended(&self, id: u64) {
        let mut state = self.state.lock().unwrap();
        state.running.retain(|running| *running != id);
        state.waiting.retain(|waiting| waiting.0 != id);
        let free = self.most.saturating_sub(state.running.len());
        state.waiting.iter().take(free).for_each(|waiting| waiting.1.wake_by_ref());
    }
}

/// Says how many calls of it there were at most at one time.
#[rpc_export]
async fn crowded(gate: u64) -> usize {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    let _ = tests::pass_gate_later(gate, 0).await;
    tokio::task::yield_now().await;
    NOW.fetch_sub(1, Ordering::SeqCst);
    MOST.load(Ordering::SeqCst)
}

#[test]
fn calls_wait_for_a_place_and_are_woken() {
    let server = server();
    let gate = Gate::closed();
    let client = blocking(&server).with(Concurrency::of(2));
    thread::scope(|scope| {
        let calls: Vec<_> =
            (0..8).map(|_| scope.spawn(|| client.crowded(gate.number()).call())).collect();
        until("six wait", || client.policy().state.lock().unwrap().waiting.len() == 6);
        gate.open();
        for call in calls {
            assert!(call.join().unwrap().unwrap() <= 2);
        }
    });
    run(async {
        let gate = Gate::closed();
        let client = asynchronous(&server).await.with(Concurrency::of(2));
        let mut calls: Vec<_> =
            (0..8).map(|_| tokio::spawn(client.crowded(gate.number()).call())).collect();
        let waiting = || client.policy().state.lock().unwrap().waiting.len();
        while waiting() < 6 {
            tokio::task::yield_now().await;
        }
        // Those that are given up, running or waiting, leave their places to others.
        for call in [calls.pop(), calls.pop(), Some(calls.remove(0))].into_iter().flatten() {
            call.abort();
            assert!(call.await.unwrap_err().is_cancelled());
        }
        gate.open();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let state = client.policy().state.lock().unwrap();
        assert!(state.running.is_empty() && state.waiting.is_empty());
    });
}

/// Never lets a call go, and wakes nobody.
#[derive(Clone, Default)]
struct Stuck(Arc<AtomicU64>);

impl Policy for Stuck {
    fn admit(&self, _: &mut Attempt<'_>, _: &Waker) -> Admission {
        Admission::Park
    }

    fn ended(&self, _: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_call_that_waits_to_be_woken_ends_with_its_time() {
    let server = server();
    let (stuck, time) = (Stuck::default(), Duration::from_millis(50));
    let check = |error: Error| {
        assert!(!error.may_have_run());
        let Error::Io(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), IoErrorKind::TimedOut(time));
        let said = "calling `add`: no reply within 50ms; the call has not run";
        assert_eq!(error.to_string(), said);
    };
    let client = blocking(&server).with(stuck.clone());
    check(client.within(time).add(1, 2).call().unwrap_err());
    run(async {
        let client = asynchronous(&server).await.with(stuck.clone());
        check(client.within(time).add(1, 2).call().await.unwrap_err());
        assert_eq!(stuck.0.load(Ordering::Relaxed), 2);
        // One that is given up is told as well.
        let call = tokio::spawn(client.add(1, 2).call());
        tokio::task::yield_now().await;
        call.abort();
        drop(call.await);
    });
    assert!(stuck.0.load(Ordering::Relaxed) >= 2);
}
