//! Gates that functions wait at until the test opens them, so that no test guesses what is faster.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use rpc_core::rpc_export;
use tokio::sync::watch;

use crate::until;

/// The gates that are open.
static OPEN: LazyLock<watch::Sender<HashSet<u64>>> = LazyLock::new(watch::Sender::default);

/// The gates that a function has waited at.
static REACHED: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Mutex::default);

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
        until("a function waits", || REACHED.lock().is_ok_and(|reached| reached.contains(&self.0)));
    }

    /// Waits at the gate of a number, on this thread.
    pub fn wait_at(number: u64) {
        wait(number);
    }

    /// Lets pass who waits here, and who comes later.
    pub fn open(&self) {
        OPEN.send_modify(|open| _ = open.insert(self.0));
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

fn wait(gate: u64) {
    REACHED.lock().expect("nothing panics here").insert(gate);
    while !OPEN.borrow().contains(&gate) {
        thread::sleep(Duration::from_millis(1));
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
