//! From where a call comes: the connection's other end, or who is behind a proxy there.

use std::net::IpAddr;

use super::CallContext;
use super::caller::Whence;

impl CallContext {
    /// The address of whoever calls: that of the [peer](Self::peer) or, where that is a proxy that the server
    /// [believes](crate::TcpServer::trusted_proxies), the one that the proxy names. `None` where there is none: within one
    /// process, over a Unix socket, in a mounted service.
    ///
    /// Failed logins and [limits](crate::TcpServer::limit_calls_per_address) count by it, and lines of the log say it.
    ///
    /// ```
    /// use rpc_core::{CallContext, rpc_export};
    ///
    /// #[rpc_export]
    /// fn where_am_i(context: &CallContext) -> Option<String> {
    ///     context.caller_address().map(|address| address.to_string())
    /// }
    /// ```
    pub fn caller_address(&self) -> Option<IpAddr> {
        if self.is_proxied() {
            self.proxied_address()
        } else {
            self.peer().map(|peer| peer.ip().to_canonical())
        }
    }

    #[cold]
    fn proxied_address(&self) -> Option<IpAddr> {
        let peer = self.peer().map(|peer| peer.ip().to_canonical());
        let caller = self.caller();
        let Some(connection) = caller.and_then(|caller| caller.connection()) else { return peer };
        let nearest = connection.source.get().map(|source| source.ip().to_canonical()).or(peer);
        #[cfg(feature = "http")]
        if let Some(proxies) = &connection.proxies
            && nearest.is_none_or(|nearest| proxies.trusts(nearest))
            && let Some(request) = caller.and_then(|caller| caller.request())
        {
            let [forwarded, other] = ["forwarded", "x-forwarded-for"].map(|name| {
                // One that is no text cannot be read, and what stands before it does not count.
                let values = request.headers.get_all(name).into_iter();
                values
                    .map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or_default())
                    .collect::<Vec<_>>()
            });
            return proxies.behind(nearest, &forwarded, &other);
        }
        nearest
    }

    /// From where the call comes, in words.
    pub(crate) fn whence(&self) -> Option<Whence> {
        let peer = self.peer();
        if !self.is_proxied() {
            return peer.map(|peer| Whence { peer: Some(peer), caller: None });
        }
        let caller = self.proxied_address();
        let caller = caller.filter(|caller| peer.is_none_or(|peer| peer.ip() != *caller));
        (peer.is_some() || caller.is_some()).then_some(Whence { peer, caller })
    }
}
