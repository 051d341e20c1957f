//! An authenticator whose answer is in what it is shown.

use std::time::{Duration, SystemTime};

use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::protocol::code;
use rpc_core::{CallContext, Fault, rpc_export};

/// How long whoever says `Bearer short` is somebody.
pub const SHORT: Duration = Duration::from_millis(1500);

/// Who shows this: `Bearer s3cret` and `Basic ada:open sesame` are ada, `Bearer bob` is bob, `Bearer short` is somebody for
/// [`SHORT`], `Bearer old` has expired, `Bearer down` cannot be looked up, and `Bearer bang…` panics. A Unix socket is a user.
///
/// # Errors
///
/// For everything else.
///
/// # Panics
///
/// See above.
pub fn know(credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
    match (credentials.bearer(), credentials.basic(), credentials.peer_credentials()) {
        (Some("s3cret"), ..) | (_, Some(("ada", "open sesame")), _) => {
            Ok(Identity::new("ada").scopes(["bank:write"]))
        }
        (Some("bob"), ..) => Ok(Identity::new("bob")),
        (Some("short"), ..) => Ok(Identity::new("short").expires_at(SystemTime::now() + SHORT)),
        (Some("old"), ..) => Err(Unauthenticated::expired()),
        (Some("down"), ..) => Err(Fault::new(code::OVERLOADED, "the database is down").into()),
        (Some(token), ..) if token.starts_with("bang") => panic!("an authenticator panicked"),
        (None, None, Some(peer)) if credentials.authorization().is_none() => {
            Ok(Identity::new(format!("uid {}", peer.uid)))
        }
        _ => Err(Unauthenticated::new("no such token")),
    }
}

/// The same, which takes time.
///
/// # Errors
///
/// As [`know`].
pub async fn know_later(credentials: Credentials<'static>) -> Result<Identity, Unauthenticated> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    know(&credentials)
}

/// Who calls, from a function that takes time.
#[rpc_export]
pub async fn whoami_later(context: &CallContext) -> Option<String> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    context.identity().map(|identity| identity.name().to_owned())
}

/// The same from one that blocks its thread.
#[rpc_export(blocking)]
pub fn whoami_blocking(context: &CallContext) -> Option<String> {
    context.identity().map(|identity| identity.name().to_owned())
}
