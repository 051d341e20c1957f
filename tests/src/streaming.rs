//! The exported functions that answer with streams.

#![allow(clippy::unused_async)]

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use rpc_core::rpc_export;

use crate::Refusal;

/// The whole numbers from one to another, this one included.
#[rpc_export]
pub fn numbers(from: u64, to: u64) -> impl Iterator<Item = u64> {
    from..=to
}

/// The words of a text, which it lends.
#[rpc_export]
pub fn split(text: &str, #[default(" ")] between: &str) -> impl Iterator<Item = String> {
    text.split(between).map(str::to_owned)
}

/// Texts of these sizes.
#[rpc_export]
pub fn pieces(sizes: Vec<usize>) -> Box<dyn Iterator<Item = String> + Send> {
    Box::new(sizes.into_iter().map(|size| "x".repeat(size)))
}

/// So many numbers, and then why there are no more.
#[rpc_export]
pub fn few(count: u64) -> impl Iterator<Item = Result<u64, Refusal>> {
    (0..count).map(Ok).chain([Err(Refusal::Missing(count)), Ok(7)])
}

/// So many numbers, and then a panic.
#[rpc_export]
pub fn breaks(count: u64) -> impl Iterator<Item = u64> {
    (0..).inspect(move |n| assert!(*n < count, "no more than {count}"))
}

/// Numbers, unless there are to be none.
///
/// # Errors
///
/// Where `count` is 0.
#[rpc_export]
pub fn some(count: u64) -> Result<impl Iterator<Item = u64>, Refusal> {
    if count == 0 { Err(Refusal::Missing(1)) } else { Ok(0..count) }
}

/// Numbers, one every so many milliseconds.
#[rpc_export]
pub async fn paced(every_ms: u64, count: u64) -> impl Stream<Item = u64> {
    stream::iter(0..count).then(move |n| async move {
        tokio::time::sleep(Duration::from_millis(every_ms)).await;
        n
    })
}

/// Numbers, and then why there are no more, from a stream in a box.
#[rpc_export]
pub async fn few_in_a_box(count: u64) -> Pin<Box<dyn Stream<Item = Result<u64, Refusal>> + Send>> {
    Box::pin(stream::iter((0..count).map(Ok).chain([Err(Refusal::Missing(count))])))
}
