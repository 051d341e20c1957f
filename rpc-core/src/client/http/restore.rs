//! Bodies of responses as they were before they were coded.

#[cfg(feature = "gzip")]
use crate::protocol::gzip::{NotInflated, inflate_reply};
use crate::protocol::{Coding, ProtocolError};

#[cfg(feature = "gzip")]
use super::malformed::bad;

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
