//! What bodies of responses are coded in, and back (RFC 9110, section 8.4).

use crate::protocol::ProtocolError;
#[cfg(feature = "gzip")]
use crate::protocol::gzip::{NotInflated, inflate_reply};

#[cfg(feature = "gzip")]
use super::malformed::bad;

/// What a body is coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// It is as it is.
    Identity,
    #[cfg(feature = "gzip")]
    Gzip,
}

impl Coding {
    /// The coding of this name, where it was asked for.
    pub(super) fn named(name: &str) -> Option<Self> {
        #[cfg(feature = "gzip")]
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            return Some(Self::Gzip);
        }
        name.eq_ignore_ascii_case("identity").then_some(Self::Identity)
    }
}

/// Makes of a body what it was before it was coded, of at most `limit` bytes.
#[cfg_attr(not(feature = "gzip"), allow(clippy::unnecessary_wraps))]
pub(super) fn restore(
    coding: Coding,
    body: &mut Vec<u8>,
    limit: usize,
) -> Result<(), ProtocolError> {
    let _ = (&body, limit);
    match coding {
        Coding::Identity => {}
        // A response without a body may say so all the same.
        #[cfg(feature = "gzip")]
        Coding::Gzip if body.is_empty() => {}
        #[cfg(feature = "gzip")]
        Coding::Gzip => {
            *body = inflate_reply(body, limit).map_err(|error| match error {
                NotInflated::TooLarge(error) => error,
                other => bad(other.to_string()),
            })?;
        }
    }
    Ok(())
}
