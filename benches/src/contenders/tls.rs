//! Contenders over TLS, for which those of their names without it are the measure.

use rpc_core::client::Dialect;

use super::Contender;
use super::models::THREADS;
use super::ours::Ours;
use super::ours_async::{OursAsync, Together};
use super::over::Over;

/// Every one.
pub const ALL: &[&dyn Contender] = &[
    &Ours { name: "ours-tls", model: &THREADS, over: Over::Tls },
    &OursAsync::new("ours-async-tls", "tcp", Dialect::Native, Together::Shared).over_tls(),
    &OursAsync::new("ours-https", "http", Dialect::JsonRpc, Together::Pool).over_tls(),
    &OursAsync::new("ours-wss", "ws", Dialect::JsonRpc, Together::Shared).over_tls(),
    #[cfg(feature = "peers")]
    &super::peers::TONIC_TLS,
];
