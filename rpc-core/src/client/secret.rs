//! Text that is shown to nobody: a credential.

use std::fmt;

use zeroize::Zeroize;

/// Text that is shown to nobody, and overwritten in memory when it is dropped: a token, a password.
///
/// ```
/// use rpc_core::client::Secret;
///
/// let token = Secret::from("s3cret");
/// assert_eq!(format!("{token:?}"), "…");
/// assert_eq!(token.expose(), "s3cret");
/// ```
///
/// What a client sends is written into a buffer, as all it sends, and a buffer is not overwritten when it has been sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
