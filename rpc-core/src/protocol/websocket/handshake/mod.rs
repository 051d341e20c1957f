//! The opening handshake, which is HTTP (RFC 6455, section 4).

mod key;
mod opening;

pub(crate) use key::accept_key;
pub(crate) use opening::Opening;
