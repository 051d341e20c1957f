//! Has a server believe the proxies in front of it.

use crate::error::{Error, Misuse};
use crate::json_rpc::Answer;
use crate::proxy::{ForwardingHeader, TrustedProxies};

use super::tcp_server::TcpServer;

impl<A: Answer> TcpServer<A> {
    /// Believes these proxies about who is behind them: addresses (`127.0.0.1`), networks (`10.0.0.0/8`) and `unix:`, whoever
    /// connects over a Unix socket.
    ///
    /// Of requests that come from them, over HTTP and those that open a WebSocket, the headers `Forwarded` (RFC 7239) and
    /// `X-Forwarded-For` count: [`CallContext::caller_address`](crate::CallContext::caller_address) is the address that they
    /// name, failed logins are counted by it, and the log says it.
    /// [`TrustedProxies::caller`](crate::server::TrustedProxies::caller) says how they are read. From anybody else they count
    /// for nothing.
    ///
    /// ```
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let server = RpcServer::of(FunctionRegistry::new()).trusted_proxies(["10.0.0.0/8", "127.0.0.1"])?;
    /// let mistake = server.trusted_proxies(["10.0.0.1/8"]).unwrap_err();
    /// assert!(mistake.to_string().contains("write `10.0.0.0/8`"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// A proxy that is believed must say who has connected to it, itself, and not pass on what callers have said. What is
    /// said here twice counts the last time.
    ///
    /// # Errors
    ///
    /// Where one of the texts is none of these ([`Misuse::Proxy`]).
    pub fn trusted_proxies(
        mut self,
        proxies: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, Error> {
        let proxies = TrustedProxies::new(proxies);
        let proxies = proxies.map_err(|invalid| Misuse::Proxy(Box::new(invalid)))?;
        self.settings.proxies.trust(proxies);
        Ok(self)
    }

    /// Has one header of requests count alone, the one that the [trusted proxies](Self::trusted_proxies) write. The other counts for
    /// nothing then, so that a proxy may leave a caller's own in it. Without this either counts, and neither where they do not
    /// agree.
    ///
    /// ```
    /// use rpc_core::server::ForwardingHeader;
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let server = RpcServer::of(FunctionRegistry::new())
    ///     .trusted_proxies(["10.0.0.0/8"])?
    ///     .forwarding_header(ForwardingHeader::XForwardedFor);
    /// # let _ = server;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// A header that the proxies do not write must not be chosen: it is the callers', who are believed then.
    #[must_use]
    pub fn forwarding_header(mut self, header: ForwardingHeader) -> Self {
        self.settings.proxies.read(header);
        self
    }

    /// Has each connection begin with a header of the PROXY protocol, version 1 or 2, in which a proxy says from where the
    /// connection came to it: before TLS, in every protocol and all models. Proxies that pass bytes on have no other way to
    /// say so.
    ///
    /// ```
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let server = RpcServer::of(FunctionRegistry::new()).proxy_protocol();
    /// assert!(server.start("127.0.0.1:0").is_err(), "it must know whom to believe");
    ///
    /// let server = RpcServer::of(FunctionRegistry::new())
    ///     .trusted_proxies(["10.0.0.0/8"])?
    ///     .proxy_protocol();
    /// # let _ = server;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// A connection that does not begin so within 10 s, or is none of the
    /// [proxies](Self::trusted_proxies)', is closed, and the log says why. One that a proxy makes itself (`LOCAL`, `UNKNOWN`)
    /// is the proxy's own. A server that knows no proxies does not start ([`Misuse::NoProxies`]).
    #[must_use]
    pub fn proxy_protocol(mut self) -> Self {
        self.settings.proxies.takes_header = true;
        self
    }
}
