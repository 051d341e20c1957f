//! The peers: other frameworks, each as its documentation has it used.
//!
//! All of them have `TCP_NODELAY`, and tokio on one thread on either side, as ours has.

mod axum;
mod hyper_client;
mod jsonrpsee;
mod tarpc;
mod tonic;

use super::Contender;

/// Every peer.
pub const ALL: &[&dyn Contender] = &[
    &tarpc::BINCODE,
    &tarpc::JSON,
    &tonic::PLAIN,
    &jsonrpsee::HTTP,
    &jsonrpsee::BATCH,
    &jsonrpsee::WEBSOCKET,
    &axum::Axum,
];

/// tonic over TLS.
#[cfg(feature = "tls")]
pub const TONIC_TLS: tonic::Tonic = tonic::TLS;

/// Clients of peers with our server: what is left to compare are the servers.
pub const WITH_OURS: &[&dyn Contender] =
    &[&jsonrpsee::HTTP_TO_OURS, &jsonrpsee::BATCH_TO_OURS, &jsonrpsee::WEBSOCKET_TO_OURS];

/// What a pool of connections without a bound does.
const POOL: &str = "each client has a pool with a connection for each call in flight";
