//! How a server runs many connections, as a value.

use crate::error::Error;
use crate::json_rpc::Answer;

use super::listener::Source;
use super::service::Service;

/// A way to run many connections: given to [`serve_with`](crate::TcpServer::serve_with).
///
/// The models of this crate implement it, and nobody else can: what a model is handed, the listener and the
/// service, is bound to how stopping, signals and children work inside, and would have to stand still for
/// ever. A program that runs connections in a way of its own accepts them itself, and gives each to
/// [`serve_stream`](crate::TcpServer::serve_stream) or
/// [`serve_stream_async`](crate::TcpServer::serve_stream_async).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no server model",
    label = "a model must stand here: `SingleThread`, `ThreadPerConnection`, `ForkPerConnection` or `Prefork`"
)]
#[allow(private_interfaces)]
pub trait Concurrency: Send + 'static {
    /// The model's name, as functions are told it.
    fn name(&self) -> &'static str;

    /// Whether it makes processes. Such a model runs on the only thread there is, and deals with
    /// signals itself.
    #[doc(hidden)]
    fn forks(&self) -> bool {
        false
    }

    /// Whether it waits for sockets in a way that no other listener can be waited at.
    #[doc(hidden)]
    fn waits_at_sockets_alone(&self) -> bool {
        true
    }

    /// Accepts and serves connections until the service is stopped.
    ///
    /// # Errors
    ///
    /// Where connections cannot be accepted any more.
    #[doc(hidden)]
    fn run<A: Answer>(self, source: &Source, service: &Service<A>) -> Result<(), Error>;
}
