//! Refuses a call that is over the limit before it is encoded.

use crate::error::Misuse;
use crate::protocol::Arguments;

use super::{ClientBuilder, Invocation};

impl ClientBuilder {
    /// Says of a call, before it is written, that it is over the limit, as far as that is seen then.
    #[inline]
    pub(super) fn check_size<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Result<(), Misuse> {
        let (size, limit) = (invocation.arguments().least_size(), self.limits.max_message_bytes);
        if size <= limit { Ok(()) } else { Err(too_large(invocation.method(), size, limit)) }
    }
}

#[cold]
#[inline(never)]
fn too_large(method: &str, size: usize, limit: usize) -> Misuse {
    Misuse::CallTooLarge { method: method.to_owned(), size, limit }
}
