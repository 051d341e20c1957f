//! What a server is told of the proxies in front of it.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::error::Misuse;
use crate::proxy::{ForwardingHeader, TrustedProxies};

/// Which proxies are believed, and whether they say who is behind them before the first byte.
#[derive(Debug, Clone, Default)]
pub(super) struct ProxySettings {
    pub(super) trusted: Option<Arc<TrustedProxies>>,
    pub(super) takes_header: bool,
    /// In which header of a request they say so.
    pub(super) header: ForwardingHeader,
}

impl ProxySettings {
    /// The proxies that are believed, where this peer is one of them.
    pub(super) fn trusted_at(
        &self,
        peer: Option<SocketAddr>,
        is_unix: bool,
    ) -> Option<&Arc<TrustedProxies>> {
        let trusted = self.trusted.as_ref()?;
        let is_trusted = match peer {
            Some(peer) => trusted.trusts(peer.ip()),
            None => is_unix && trusted.trusts_unix(),
        };
        is_trusted.then_some(trusted)
    }

    pub(super) fn trust(&mut self, proxies: TrustedProxies) {
        let proxies = proxies.writing(self.header);
        self.trusted = (!proxies.is_empty()).then(|| Arc::new(proxies));
    }

    pub(super) fn read(&mut self, header: ForwardingHeader) {
        self.header = header;
        if let Some(trusted) = &mut self.trusted {
            *trusted = Arc::new(TrustedProxies::clone(trusted).writing(header));
        }
    }

    pub(super) fn check(&self) -> Result<(), Misuse> {
        if self.takes_header && self.trusted.is_none() { Err(Misuse::NoProxies) } else { Ok(()) }
    }
}
