//! Who calls: what a server finds out of its callers, and what it lets them do.

pub use crate::registry::{
    Allow, Authenticate, Credentials, Identity, Log, Or, TakingBasic, Unauthenticated, Upkeep,
};
#[cfg(feature = "auth")]
pub use crate::registry::{InvalidTokenHash, Tokens};
