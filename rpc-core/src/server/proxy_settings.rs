//! What a server is told of the proxies in front of it.

use std::sync::Arc;

use crate::error::Misuse;
use crate::proxy::TrustedProxies;

/// Which proxies are believed, and whether they say who is behind them before the first byte.
#[derive(Debug, Clone, Default)]
pub(super) struct ProxySettings {
    pub(super) trusted: Option<Arc<TrustedProxies>>,
    pub(super) takes_header: bool,
}

impl ProxySettings {
    pub(super) fn check(&self) -> Result<(), Misuse> {
        if self.takes_header && self.trusted.is_none() { Err(Misuse::NoProxies) } else { Ok(()) }
    }
}
