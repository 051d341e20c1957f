//! The pumps: what moves bytes between a stream and a connection's state.
//!
//! `step::advance` is what every pump does between reading and writing; a pump adds the two.

#[cfg(feature = "tokio")]
mod ahead;
#[cfg(feature = "tokio")]
pub(crate) mod asynchronous;
mod block_on;
pub(crate) mod blocking;
#[cfg(feature = "tokio")]
mod buffers;
#[cfg(feature = "tokio")]
pub(crate) mod finish;
#[cfg(feature = "tokio")]
mod incoming;
mod linger;
mod not_http;
#[cfg(unix)]
mod once;
#[cfg(feature = "tokio")]
mod pile;
#[cfg(feature = "tokio")]
mod presence;
#[cfg(feature = "http")]
pub(crate) mod settle;
mod step;
mod stream_threads;
mod streams;
mod timeouts;
#[cfg(feature = "tokio")]
mod under_way;
mod voice;
mod wait;
mod write;
mod write_half;

pub use block_on::block_on;
#[cfg(feature = "http")]
pub(crate) use linger::Linger;
#[cfg(unix)]
pub(crate) use once::{Once, answer_once, answer_partial};
pub(crate) use step::End;
pub(crate) use stream_threads::StreamThreads;
#[cfg(feature = "http")]
pub(crate) use streams::too_many;
pub(crate) use timeouts::Timeouts;
pub(crate) use voice::Voice;
pub(crate) use wait::wait;
#[cfg(any(feature = "http", feature = "tls"))]
pub(crate) use write::write_all;
pub(crate) use write::{is_timeout, write_wait};
pub(crate) use write_half::WriteHalf;
