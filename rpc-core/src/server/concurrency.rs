//! How a server runs many connections, as a value.

use crate::error::Error;
use crate::json_rpc::Answer;

use super::listener::Listener;
use super::service::Service;

/// A way to run many connections: given to [`serve_with`](super::TcpServer::serve_with).
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

    /// Accepts and serves connections until the service is stopped.
    ///
    /// # Errors
    ///
    /// Where connections cannot be accepted any more.
    #[doc(hidden)]
    fn run<A: Answer>(self, listener: &Listener, service: &Service<A>) -> Result<(), Error>;
}
