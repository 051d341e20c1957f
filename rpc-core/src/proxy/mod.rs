//! Proxies in front of a server: which are believed, and what they say of who is behind them.

mod forwarded;
mod header;
mod networks;

pub use forwarded::ForwardingHeader;
pub(crate) use header::{Header, HeaderReader, Malformed};
pub use networks::{InvalidProxy, TrustedProxies};
