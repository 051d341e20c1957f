//! The exported functions that the example programs serve and call.

#[cfg(feature = "streams")]
mod clock;
mod program;
#[cfg(feature = "tasks")]
pub mod tasks;

use std::thread;
use std::time::Duration;

use rpc_core::{CallContext, Cut, Items, rpc_export};

#[cfg(feature = "streams")]
pub use clock::{Tick, ticks};
pub use program::program;

/// Adds three numbers.
#[rpc_export(mcp, read_only, open_world = false, example = add(1, 2) == 13)]
pub fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

/// Takes one number from another.
#[rpc_export(mcp, read_only, open_world = false)]
pub fn subtract(minuend: i64, subtrahend: i64) -> i64 {
    minuend - subtrahend
}

/// Answers with the text it is sent; the reply is called `pong`.
#[rpc_export(reply = "pong")]
pub fn ping(text: &str) -> &str {
    text
}

/// Answers with the text it is sent.
#[rpc_export(mcp, read_only, open_world = false)]
pub fn echo(text: &str) -> &str {
    text
}

/// Greets somebody, excitedly or not.
#[rpc_export(
    mcp,
    read_only,
    open_world = false,
    example = greet("Ada") == "Hello, Ada.",
    example = greet("Grace", "Good day", excited = true)
)]
pub fn greet(
    name: &str,
    #[default("Hello")] greeting: &str,
    #[default(false)] excited: bool,
) -> String {
    format!("{greeting}, {name}{}", if excited { "!" } else { "." })
}

/// Says who calls, where the server knows that.
#[rpc_export]
pub fn whoami(context: &CallContext) -> Option<String> {
    context.identity().map(|identity| identity.name().to_owned())
}

/// Panics with the message, to show what a caller sees then.
///
/// # Panics
///
/// Always.
#[rpc_export]
pub fn fail(message: &str) {
    panic!("{message}");
}

/// Sleeps for some milliseconds.
#[rpc_export]
pub fn sleep_ms(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}

/// Blocks its thread for some milliseconds, and answers with them; an event loop runs it on another.
#[rpc_export(blocking)]
pub fn block_ms(ms: u64) -> u64 {
    thread::sleep(Duration::from_millis(ms));
    ms
}

/// Waits for some milliseconds without a thread of its own, and answers with them.
#[cfg(feature = "tokio")]
#[rpc_export]
pub async fn nap_ms(ms: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    ms
}

/// Counts down to 1.
#[rpc_export(mcp, read_only, open_world = false)]
pub fn countdown(from: u64) -> impl Iterator<Item = u64> {
    (1..=from).rev()
}

/// Adds many numbers, which come one after another.
///
/// # Errors
///
/// Where they have been cut off.
#[rpc_export]
pub fn total(numbers: Items<i64>) -> Result<i64, Cut> {
    numbers.sum()
}
