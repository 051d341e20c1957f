//! A clock that ticks for a while.

use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt, stream};
use rpc_core::rpc_export;
use serde::{Deserialize, Serialize};

/// A tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tick {
    /// Which it is, from 0 on.
    pub n: u64,
    /// When it came, in milliseconds since the call.
    pub at_ms: u64,
}

/// Ticks so many times, one every some milliseconds.
#[rpc_export]
pub async fn ticks(every_ms: u64, #[default(10)] n: u64) -> impl Stream<Item = Tick> {
    let (begun, every) = (Instant::now(), Duration::from_millis(every_ms));
    stream::iter(0..n).then(move |n| async move {
        tokio::time::sleep(every).await;
        let at_ms = begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        Tick { n, at_ms }
    })
}
