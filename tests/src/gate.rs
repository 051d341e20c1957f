//! Gates that functions wait at until the test opens them, so that no test guesses what is faster.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, LazyLock, Mutex};

use rpc_core::rpc_export;
use tokio::sync::watch;

use crate::until;

/// The gates that are open.
static OPEN: LazyLock<watch::Sender<HashSet<u64>>> = LazyLock::new(watch::Sender::default);

/// Told when a gate opens, for functions that keep their threads.
static OPENED: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

/// How many functions have waited at the gates.
static REACHED: LazyLock<Mutex<HashMap<u64, usize>>> = LazyLock::new(Mutex::default);

/// A gate in this process, closed at first. It opens when it is dropped, too.
#[derive(Debug)]
pub struct Gate(u64);

impl Gate {
    /// Makes one that is closed.
    pub fn closed() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// What functions know it by.
    pub fn number(&self) -> u64 {
        self.0
    }

    /// Waits until a function that keeps its thread waits here.
    pub fn until_reached(&self) {
        self.until_reached_by(1);
    }

    /// The same of so many functions.
    pub fn until_reached_by(&self, count: usize) {
        until("functions wait", || {
            let reached = REACHED.lock().expect("nothing panics here");
            reached.get(&self.0).copied().unwrap_or_default() >= count
        });
    }

    /// Waits at the gate of a number, on this thread.
    pub fn wait_at(number: u64) {
        wait(number);
    }

    /// Lets pass who waits here, and who comes later.
    pub fn open(&self) {
        let opened = OPENED.0.lock().expect("nothing panics here");
        OPEN.send_modify(|open| _ = open.insert(self.0));
        drop(opened);
        OPENED.1.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

fn wait(gate: u64) {
    *REACHED.lock().expect("nothing panics here").entry(gate).or_default() += 1;
    let mut opened = OPENED.0.lock().expect("nothing panics here");
    while !OPEN.borrow().contains(&gate) {
        opened = OPENED.1.wait(opened).expect("nothing panics here");
    }
}

/// Waits at a gate, then answers with the number.
#[rpc_export]
pub fn pass_gate(gate: u64, number: u64) -> u64 {
    wait(gate);
    number
}

/// Waits at a gate, on a thread that may be blocked, then answers with the number.
#[rpc_export(blocking)]
pub fn pass_gate_blocking(gate: u64, number: u64) -> u64 {
    wait(gate);
    number
}

/// Waits at a gate while others run, then answers with the number.
#[rpc_export]
pub async fn pass_gate_later(gate: u64, number: u64) -> u64 {
    // The sender is never gone.
    let _ = OPEN.subscribe().wait_for(|open| open.contains(&gate)).await;
    number
}
