//! What a server listens at: TCP, a Unix socket, or a listener of one's own.

#[cfg(feature = "tokio")]
mod asynchronous;
mod listen;
mod own;
mod rest;
mod socket;
#[cfg(unix)]
mod socket_file;
mod source;
#[cfg(unix)]
mod spare;
mod transient;

#[cfg(feature = "tokio")]
pub use asynchronous::AsyncAccept;
#[cfg(feature = "tokio")]
pub(super) use asynchronous::AsyncListener;
pub use listen::{Listen, UnixAddress};
pub use own::Accept;
#[cfg(any(unix, feature = "tokio"))]
pub(super) use rest::LONGEST_QUEUE;
pub(super) use rest::Rest;
pub(super) use socket::Listener;
#[cfg(unix)]
pub(super) use socket::ListeningSocket;
pub(super) use socket::listen_failed;
pub(super) use source::Source;
pub(super) use transient::is_about_one_connection;
