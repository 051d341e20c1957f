//! The exported functions that the tests serve besides those of the examples.

use std::sync::Mutex;
use std::time::Duration;

use rpc_core::{Fault, rpc_export};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Answers with any value it is sent.
#[rpc_export]
pub fn same(value: Value) -> Value {
    value
}

/// Takes nothing and gives nothing.
#[rpc_export]
pub fn nothing() {}

/// Takes what it can get.
#[rpc_export]
pub fn note(text: &str, importance: Option<i64>, tags: Option<Vec<String>>) -> String {
    format!("{text}, {importance:?}, {tags:?}")
}

/// Divides, which has no result for every pair of numbers.
#[rpc_export]
pub fn divide(dividend: f64, divisor: f64) -> f64 {
    dividend / divisor
}

/// Repeats a text.
#[rpc_export]
pub fn repeat(text: &str, times: usize) -> String {
    text.repeat(times)
}

/// Why [`withdraw`](fn@withdraw) gives no money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    /// So much is missing.
    Missing(u64),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Missing(sum) = self;
        write!(f, "{sum} is missing")
    }
}

/// Takes money from an account that has 100.
///
/// # Errors
///
/// Where that is not enough.
#[rpc_export]
pub fn withdraw(sum: u64) -> Result<u64, Refusal> {
    100_u64.checked_sub(sum).ok_or(Refusal::Missing(sum.saturating_sub(100)))
}

/// Fails with the code and data asked for.
///
/// # Errors
///
/// Always.
#[rpc_export]
pub fn refuse(code: i64, message: &str, data: Option<Value>) -> Result<(), Fault> {
    let fault = Fault::new(code, message);
    Err(match data {
        Some(data) => fault.with_data(&data),
        None => fault,
    })
}

/// Adds up three parameters of which one is optional, one has a default.
#[rpc_export(name = "math.weigh")]
pub fn weigh(a: i64, b: Option<i64>, #[default(3)] c: i64) -> i64 {
    a * 100 + b.unwrap_or(0) * 10 + c
}

/// Sleeps, then answers with the number.
#[rpc_export]
pub fn after_ms(ms: u64, number: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(ms));
    number
}

/// Sleeps, on a thread that may be blocked, then answers with the number.
#[rpc_export(blocking)]
pub fn hold_ms(ms: u64, number: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(ms));
    number
}

/// Makes a file, which shows that it runs, then sleeps.
#[rpc_export]
pub fn show_and_sleep(path: &str, ms: u64) {
    std::fs::write(path, "").unwrap();
    std::thread::sleep(Duration::from_millis(ms));
}

static REMEMBERED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps a text, so that a call without a reply can be seen to have run.
#[rpc_export]
pub fn remember(text: &str) {
    REMEMBERED.lock().unwrap().push(text.to_owned());
}

/// Keeps a text, on a thread that may be blocked.
#[rpc_export(blocking)]
pub fn remember_aside(text: &str) {
    remember(text);
}

/// Whether this process was told to remember a text.
#[rpc_export]
pub fn remembers(text: &str) -> bool {
    REMEMBERED.lock().unwrap().iter().any(|kept| kept == text)
}

/// The number of the process that runs this.
#[rpc_export]
pub fn process_id() -> u32 {
    std::process::id()
}

/// Ends the process that runs this, as a bug in foreign code would.
#[rpc_export]
pub fn abort() {
    std::process::abort();
}

/// Panics with the message, some time.
///
/// # Panics
///
/// Always.
#[rpc_export]
pub async fn panic_later(message: String) {
    tokio::task::yield_now().await;
    panic!("{message}");
}

/// Panics with the message, on a thread that may be blocked.
///
/// # Panics
///
/// Always.
#[rpc_export(blocking)]
pub fn panic_blocking(message: String) {
    panic!("{message}");
}
