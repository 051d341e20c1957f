//! Functions that answer with items: as many as are asked for, without end, slow ones, and such as see that nobody wants more.

use std::collections::HashMap;
use std::fs;
use std::pin::Pin;
use std::sync::{LazyLock, Mutex};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_core::Stream;
use rpc_core::{CallContext, rpc_export};

use crate::{Gate, pass_gate_later};

/// Counts down to 1.
#[rpc_export]
pub fn items_down(from: u64) -> impl Iterator<Item = u64> {
    (1..=from).rev()
}

/// Has so many items, and then an error.
#[rpc_export]
pub fn items_until_error(good: u64) -> impl Iterator<Item = Result<u64, String>> {
    (1..=good).map(Ok).chain([Err("no more".to_owned())])
}

/// Has no items, or does not begin.
///
/// # Errors
///
/// Where it is not to begin.
#[rpc_export]
pub fn items_or_error(begins: bool) -> Result<impl Iterator<Item = u64>, String> {
    if begins { Ok(std::iter::empty()) } else { Err("not now".to_owned()) }
}

/// Has so many items, and then panics.
///
/// # Panics
///
/// Always.
#[rpc_export]
pub fn items_until_panic(good: u64) -> impl Iterator<Item = u64> {
    (1..).inspect(move |number| assert!(*number <= good, "no more"))
}

/// Has an item on two lines.
///
/// # Panics
///
/// Never.
#[rpc_export]
pub fn items_on_two_lines() -> impl Iterator<Item = Box<serde_json::value::RawValue>> {
    let raw = serde_json::value::RawValue::from_string("[1,\n2]".to_owned());
    std::iter::once(raw.expect("JSON"))
}

/// Has an item after a while, waits at a gate, and has another.
#[rpc_export]
pub fn items_past_gate(gate: u64) -> impl Iterator<Item = u64> {
    [1, 2].into_iter().inspect(move |number| match number {
        1 => thread::sleep(Duration::from_millis(2)),
        _ => Gate::wait_at(gate),
    })
}

/// The same on a thread that may be blocked.
#[rpc_export(blocking)]
pub fn items_past_gate_blocking(gate: u64) -> impl Iterator<Item = u64> {
    items_past_gate(gate)
}

/// The same while others run.
#[rpc_export]
#[expect(clippy::unused_async, reason = "it is served as what takes time")]
pub async fn items_past_gate_later(gate: u64) -> impl Stream<Item = u64> {
    Two { first: Some(1), second: Some(Box::pin(pass_gate_later(gate, 2))), left: None }
}

/// Has an item and then nothing, for ever; makes a file when nobody wants more.
#[rpc_export]
#[expect(clippy::unused_async, reason = "it is served as what takes time")]
pub async fn item_and_silence(path: String) -> impl Stream<Item = u64> {
    Two { first: Some(1), second: Some(Box::pin(std::future::pending())), left: Some(Left(path)) }
}

/// Counts up until nobody wants more, and makes a file then.
#[rpc_export]
pub fn items_until_left(path: String, context: &CallContext) -> impl Iterator<Item = u64> {
    let (context, left) = (context.clone(), Left(path));
    (1..).take_while(move |_| {
        let _held = &left;
        thread::sleep(Duration::from_millis(2));
        !context.is_cancelled()
    })
}

/// The same on a thread that may be blocked.
#[rpc_export(blocking)]
pub fn items_until_left_blocking(path: String, context: &CallContext) -> impl Iterator<Item = u64> {
    items_until_left(path, context)
}

/// How many items there were, by a number that tells streams apart.
static MADE: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Mutex::default);

/// Has items of a kilobyte, without end.
///
/// # Panics
///
/// Never.
#[rpc_export]
pub fn endless_items(number: u64) -> impl Iterator<Item = String> {
    std::iter::repeat_with(move || {
        *MADE.lock().expect("nothing panics here").entry(number).or_default() += 1;
        "x".repeat(1022)
    })
}

/// How many kilobytes of items this process has made for a number.
///
/// # Panics
///
/// Never.
pub fn items_made(number: u64) -> u64 {
    MADE.lock().expect("nothing panics here").get(&number).copied().unwrap_or_default()
}

/// Makes a file when it is dropped.
struct Left(String);

impl Drop for Left {
    fn drop(&mut self) {
        // The test may be over.
        let _ = fs::write(&self.0, "");
    }
}

/// A number at once, and one later.
struct Two {
    first: Option<u64>,
    second: Option<Pin<Box<dyn Future<Output = u64> + Send>>>,
    #[expect(dead_code, reason = "it is there to be dropped")]
    left: Option<Left>,
}

impl Stream for Two {
    type Item = u64;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<u64>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        let Some(second) = &mut self.second else { return Poll::Ready(None) };
        let number = second.as_mut().poll(task);
        if number.is_ready() {
            self.second = None;
        }
        number.map(Some)
    }
}
