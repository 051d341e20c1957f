//! A signed token in its parts (RFC 7515, section 7.1), before anything in it is believed.

use serde_json::Value;

use crate::protocol::base64;
use crate::registry::Unauthenticated;

use super::algorithm::Algorithm;
use super::json::{members, text};

/// As long tokens may be, in bytes.
const LENGTH: usize = 16 << 10;

/// A token in its parts.
pub(super) struct Token<'t> {
    pub(super) algorithm: Algorithm,
    /// The name of the key that has signed it.
    pub(super) key: Option<String>,
    /// What is signed.
    pub(super) message: &'t [u8],
    pub(super) signature: Vec<u8>,
    /// What it says, if the signature is right.
    payload: &'t str,
}

impl<'t> Token<'t> {
    /// Takes a token apart.
    pub(super) fn read(token: &'t str) -> Result<Self, Unauthenticated> {
        if token.len() > LENGTH {
            return Err(wrong("the token is longer than 16 KiB"));
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong(
                "the token is no signed JWT, which has three parts with dots between them",
            ));
        };
        let not_base64 = || wrong("a part of the token is not in base64url without padding");
        let message = &token.as_bytes()[..header.len() + 1 + payload.len()];
        let header = base64::decode_url(header).ok_or_else(not_base64)?;
        let signature = base64::decode_url(signature).ok_or_else(not_base64)?;
        let header = members(&header)
            .ok_or_else(|| wrong("the token's header is no JSON object with distinct members"))?;
        if header.contains_key("crit") {
            return Err(wrong(
                "the token's header has `crit`, and no extension is understood here",
            ));
        }
        let algorithm = text(&header, "alg").and_then(Algorithm::of).ok_or_else(|| {
            wrong("the token is signed in another way than by RS256, ES256 or EdDSA")
        })?;
        let key = match header.get("kid") {
            Some(Value::String(name)) => Some(name.clone()),
            Some(_) => return Err(wrong("the token's `kid` is no text")),
            None => None,
        };
        Ok(Self { algorithm, key, message, signature, payload })
    }

    /// What it says: not to be asked before the signature has been checked.
    pub(super) fn payload(&self) -> Result<Vec<u8>, Unauthenticated> {
        let decoded = base64::decode_url(self.payload);
        decoded.ok_or_else(|| wrong("a part of the token is not in base64url without padding"))
    }
}

fn wrong(reason: &str) -> Unauthenticated {
    Unauthenticated::new(reason)
}
