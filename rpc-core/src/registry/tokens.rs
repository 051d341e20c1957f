//! Tokens that are known beforehand, by their hashes.

use std::error::Error;
use std::fmt;
use std::hint::black_box;

use hmac_sha256::Hash;

use super::{Authenticate, Credentials, Identity, Unauthenticated};

/// Knows callers by tokens (feature `auth`): `Authorization: Bearer s3cret`.
///
/// Only hashes of the tokens are kept, and comparing takes as long for a wrong one as for a right one. SHA-256 is made for
/// tokens that a machine has chosen at random, of 16 bytes or more: `openssl rand -hex 32`. A password that a person has chosen
/// needs a slow hash (Argon2, say), on a thread of its own:
/// [`authenticate_async`](crate::TcpServer::authenticate_async).
///
/// ```
/// use rpc_core::identity::{Authenticate, Credentials, Tokens};
///
/// let tokens = Tokens::new()
///     .token("ada", "s3cret", ["bank:write"])
///     // printf %s hunter2 | sha256sum
///     .token_hash("bob", "sha256:f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7", ["bank:read"])?;
///
/// let ada = tokens.authenticate(&Credentials::said("Bearer s3cret"))?;
/// assert_eq!(ada.name(), "ada");
/// assert!(tokens.authenticate(&Credentials::said("Bearer hunter2"))?.has_scope("bank:read"));
/// assert!(tokens.authenticate(&Credentials::said("Bearer guess")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Tokens {
    known: Vec<([u8; 32], Identity)>,
}

impl Tokens {
    /// Knows nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows whoever shows this token by a name and scopes.
    #[must_use]
    pub fn token(
        self,
        name: &str,
        token: &str,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.known_as(Hash::hash(token.as_bytes()), name, scopes)
    }

    /// The same for a token of which only the hash is known here: `sha256:` and 64 hexadecimal digits, as
    /// `printf %s "$TOKEN" | sha256sum` prints them.
    ///
    /// # Errors
    ///
    /// Where it is no such text.
    pub fn token_hash(
        self,
        name: &str,
        hash: &str,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, InvalidTokenHash> {
        let hash = hash.strip_prefix("sha256:").and_then(bytes).ok_or(InvalidTokenHash(()))?;
        Ok(self.known_as(hash, name, scopes))
    }

    fn known_as(
        mut self,
        hash: [u8; 32],
        name: &str,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.known.push((hash, Identity::new(name).scopes(scopes)));
        self
    }
}

impl Authenticate for Tokens {
    fn authenticate(&self, credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
        let token =
            credentials.bearer().ok_or_else(|| Unauthenticated::new("a token is asked for"))?;
        let hash = Hash::hash(token.as_bytes());
        // All are compared, and each to its end.
        let found = self.known.iter().fold(None, |found, (known, identity)| {
            let differs = known.iter().zip(&hash).fold(0, |differs, (a, b)| differs | (a ^ b));
            if black_box(differs) == 0 { Some(identity) } else { found }
        });
        found.cloned().ok_or_else(|| Unauthenticated::new("no such token"))
    }
}

/// Names alone are shown.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.known.iter().map(|(_, identity)| identity.name());
        f.debug_struct("Tokens").field("names", &names.collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// A text that is no hash of a token ([`Tokens::token_hash`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTokenHash(());

impl fmt::Display for InvalidTokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the hash of a token is `sha256:` and 64 hexadecimal digits, as `printf %s \"$TOKEN\" | sha256sum` \
             prints them",
        )
    }
}

impl Error for InvalidTokenHash {}

/// The bytes that 64 digits are.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        let digits = digits.get(2 * place..2 * place + 2)?;
        // A sign is no digit, though it would be taken for the beginning of a number.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Authenticate, Credentials, Tokens};

    #[test]
    fn a_hash_is_read_in_either_case_and_nothing_else_is_one() {
        let hash = "2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B";
        for hash in [format!("sha256:{hash}"), format!("sha256:{}", hash.to_lowercase())] {
            let tokens = Tokens::new().token_hash("ada", &hash, [""; 0]).unwrap();
            assert!(tokens.authenticate(&Credentials::said("Bearer secret")).is_ok());
            assert!(tokens.authenticate(&Credentials::said("Basic secret")).is_err());
            assert!(tokens.authenticate(&Credentials::said("Bearer secre")).is_err());
            assert!(!format!("{tokens:?}").contains("2b"));
        }
        for wrong in ["", "sha256:", hash, "sha512:00", &format!("sha256:+{}", &hash[1..])] {
            assert!(Tokens::new().token_hash("ada", wrong, [""; 0]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn of_many_the_right_one_is_found() {
        let tokens = (0..100).fold(Tokens::new(), |tokens, number| {
            tokens.token(&format!("user {number}"), &format!("token {number}"), [""; 0])
        });
        for number in 0..100 {
            let said = Credentials::said(format!("Bearer token {number}"));
            let known = tokens.authenticate(&said).unwrap();
            assert_eq!(known.name(), format!("user {number}"));
        }
        assert!(tokens.authenticate(&Credentials::said("Bearer token 100")).is_err());
        assert!(tokens.authenticate(&Credentials::default()).is_err());
    }
}
