//! A client's settings.

use std::time::Duration;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::protocol::{Framing, Limits};
use crate::transport::{TcpTransport, Transport};

use super::RpcClient;

/// Settings of a client that is to be connected.
///
/// ```
/// use std::time::Duration;
///
/// use rpc_core::{Dialect, Framing, RpcClient};
///
/// // A server that reads one call from a connection, answers it and closes.
/// let builder = RpcClient::builder()
///     .framing(Framing::Raw)
///     .dialect(Dialect::NativeWithoutIds)
///     .one_call_per_connection()
///     .call_timeout(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "settings do nothing until `connect`"]
pub struct ClientBuilder {
    pub(super) framing: Framing,
    pub(super) dialect: Dialect,
    pub(super) limits: Limits,
    pub(super) connect_timeout: Duration,
    pub(super) call_timeout: Option<Duration>,
    pub(super) one_call_per_connection: bool,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            framing: Framing::default(),
            dialect: Dialect::default(),
            limits: Limits::default(),
            connect_timeout: Duration::from_secs(5),
            call_timeout: Some(Duration::from_secs(30)),
            one_call_per_connection: false,
        }
    }
}

impl ClientBuilder {
    /// Divides messages in this way. [`Framing::LengthPrefix`] by default.
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Speaks this dialect. [`Dialect::Native`] by default.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Holds calls and replies to other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Gives up connecting after this long. 5 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Gives up a call after this long, or never. 30 s by default.
    pub fn call_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.call_timeout = timeout.into();
        self
    }

    /// Makes a connection for each call, for servers that answer one and close.
    pub fn one_call_per_connection(mut self) -> Self {
        self.one_call_per_connection = true;
        self
    }

    /// Connects to a TCP address, `host:port`.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    pub fn connect(self, address: impl ToString) -> Result<RpcClient, Error> {
        self.connect_over(TcpTransport::new(address))
    }

    /// Connects over any transport.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    pub fn connect_over<T: Transport>(self, transport: T) -> Result<RpcClient<T>, Error> {
        RpcClient::new(transport, self)
    }
}
