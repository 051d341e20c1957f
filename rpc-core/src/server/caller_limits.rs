//! Has a server bound what each of its callers may do.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::json_rpc::{Answer, JsonRpc};
use crate::registry::Dispatch;
use crate::throttle::{Rate, network};

use super::busy::Busy;
use super::per_address::{PerAddress, Place};
use super::service::Service;
use super::tcp_server::TcpServer;

impl<D: Dispatch> TcpServer<JsonRpc<D>> {
    /// Lets each address make so many calls in a time, and so many at once. Without this, as many as it likes.
    ///
    /// ```standalone_crate
    /// use rpc_core::server::Rate;
    /// use rpc_core::{RpcClient, RpcServer, rpc_export};
    ///
    /// #[rpc_export]
    /// fn double(n: i64) -> i64 {
    ///     2 * n
    /// }
    ///
    /// let server = RpcServer::exported()
    ///     .limit_calls_per_address(Rate::per_minute(60).burst(2))
    ///     .start("127.0.0.1:0")?;
    ///
    /// let client = RpcClient::connect(server.address())?;
    /// assert_eq!(client.double(1).call()?, 2);
    /// assert_eq!(client.double(2).call()?, 4);
    /// let refused = client.double(3).call().unwrap_err();
    /// assert!(refused.to_string().contains("`limit_calls_per_address` allows, 60 a minute, 2 at once"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// A call beyond it does not run, nor does a notification. It is answered -32000 with `{"retry_after_ms":…}`, over HTTP with
    /// the status 429 and `Retry-After`; such a call costs nothing of what the caller may do. Each call of a batch and of
    /// `system.multicall` counts; the greeting does not.
    ///
    /// The address is [`caller_address`](crate::CallContext::caller_address), a network of IPv6 (/64) as one. Who has none is not
    /// limited: over a Unix socket, and in a mounted service. 10 000 addresses are remembered, and as many identities; where there
    /// are more, those are forgotten who have most left, so that many newcomers free nobody who has nothing left.
    ///
    /// In the models that fork each process counts alone, and [the log](Self::log) says so when the server starts: a caller may have the
    /// limit in each worker of `Prefork` and `PreforkEventLoop`, and in `ForkPerConnection` over each connection.
    #[must_use]
    pub fn limit_calls_per_address(mut self, rate: Rate) -> Self {
        self.answer = self.answer.limit_calls_per_address(rate);
        self
    }

    /// The same for each identity, by its [name](crate::identity::Identity::name), from however many addresses its calls come.
    /// Calls of callers who have not said who they are have none, and are not limited by this.
    ///
    /// It takes [`authenticate`](Self::authenticate) or [`authenticate_async`](Self::authenticate_async): a server that asks nobody
    /// does not start ([`Misuse::NoIdentities`]). What a layer finds out comes too late.
    ///
    /// [`Misuse::NoIdentities`]: crate::error::Misuse::NoIdentities
    #[must_use]
    pub fn limit_calls_per_identity(mut self, rate: Rate) -> Self {
        self.answer = self.answer.limit_calls_per_identity(rate);
        self
    }

    /// Lets so many calls of each address run at one time; 0 is as many as they like, as without this. One more is refused as by
    /// [`limit_calls_per_address`](Self::limit_calls_per_address).
    ///
    /// A call counts from when it begins until it has ended, also where its caller has cancelled it: an asynchronous
    /// function ends then, one that blocks its thread later. In the models that fork each process counts alone: the workers of
    /// `Prefork` and `PreforkEventLoop`, and in `ForkPerConnection` the process of each connection.
    #[must_use]
    pub fn limit_calls_in_flight_per_address(mut self, calls: usize) -> Self {
        self.answer = self.answer.limit_calls_in_flight_per_address(calls);
        self
    }

    /// The same for each identity, as [`limit_calls_per_identity`](Self::limit_calls_per_identity) knows it.
    #[must_use]
    pub fn limit_calls_in_flight_per_identity(mut self, calls: usize) -> Self {
        self.answer = self.answer.limit_calls_in_flight_per_identity(calls);
        self
    }
}

impl<A: Answer> TcpServer<A> {
    /// Lets each address have so many connections open; 0 is as many as it likes, as without this. One more is answered as where
    /// the server has [no room](crate::server::ThreadPerConnection::max_connections) for it: -32000, by HTTP 503.
    ///
    /// ```
    /// use rpc_core::RpcServer;
    ///
    /// let server = RpcServer::exported().max_connections_per_address(16);
    /// # let _ = server;
    /// ```
    ///
    /// It is the address at the other end of the socket that counts, a network of IPv6 (/64) as one. A
    /// [trusted proxy](Self::trusted_proxies) may have as many connections as it likes, whoever is behind it, and so may who connects
    /// over a Unix socket. The process that accepts counts: each worker of `Prefork` and `PreforkEventLoop` alone, and for
    /// `ForkPerConnection` the parent, for all.
    #[must_use]
    pub fn max_connections_per_address(mut self, connections: usize) -> Self {
        let limit = (connections > 0).then(|| Arc::new(PerAddress::new(connections)));
        self.settings.per_address = limit;
        self
    }
}

impl<A: Answer> Service<A> {
    /// Says of the limits of calls that each process counts alone, where there are several.
    #[cfg(unix)]
    pub(super) fn say_limits_of_processes(&self) {
        let limits = self.answer.limits_of_processes();
        if !limits.is_empty() {
            let (model, limits) = (self.model, limits.join("`, `"));
            self.say(&format!(
                "each process of `{model}` counts calls alone: a caller may do in each of them what `{limits}` allows"
            ));
        }
    }

    /// Takes the place of a connection that has come from a peer; `None`, and a line in the log, where its address has as many as
    /// it may.
    pub(super) fn place_for(&self, peer: Option<SocketAddr>) -> Option<Place> {
        let (Some(per_address), Some(peer)) = (&self.settings.per_address, peer) else {
            return Some(Place::default());
        };
        if self.proxies_of(Some(peer), false).is_some() {
            return Some(Place::default());
        }
        let place = per_address.take(peer.ip());
        if place.is_none() {
            let (address, most) = (network(peer.ip()), per_address.most);
            self.say(&format!(
                "a connection from {peer} was turned away: {address} has {most} open, as many as \
                 `max_connections_per_address` allows"
            ));
        }
        place
    }

    /// The service for connections that have no such place.
    pub(super) fn busy_for_address(&self) -> Service<Busy<A>> {
        let most = self.settings.per_address.as_ref().map_or(0, |per_address| per_address.most);
        let message = format!(
            "this address has {most} connections open, as many as `max_connections_per_address` allows; \
             close one, or try again later"
        );
        self.busy(Busy::because(&self.answer, message))
    }
}
