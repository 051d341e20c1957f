//! The authenticator that knows callers by JSON Web Tokens.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Misuse;
use crate::json_rpc::come_again;
use crate::protocol::Fault;
use crate::registry::{Authenticate, Credentials, Identity, Log, Unauthenticated, Upkeep};

use super::claims::Claims;
use super::key::Jwk;
use super::key_set::JwkSet;
use super::problem::problem;
use super::rules::Rules;
use super::token::Token;

/// So many keys are tried for a token.
const TRIES: usize = 8;

/// Knows callers by JSON Web Tokens (feature `jwt`): `Authorization: Bearer eyJ…`, signed by RS256, ES256 or EdDSA.
///
/// ```no_run
/// use std::time::Duration;
///
/// use rpc_core::RpcServer;
/// use rpc_core::jwt::{Jwt, JwkSet};
///
/// RpcServer::exported()
///     .authenticate(
///         Jwt::new("https://issuer.example/", "my-api")
///             .keys(JwkSet::from_file("jwks.json")?)
///             .leeway(Duration::from_secs(30)),
///     )
///     .serve("127.0.0.1:5000")?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// A token is taken if one of the keys has signed it, in the way that the key is for; if `iss` is the issuer, and `aud` is the
/// audience or has it; and if `exp`, which must be there, `nbf` and `iat` say that it holds now. The name of the
/// [`Identity`] is `sub`, its scopes are `scope` or `scp`, its value is the [`Claims`], and it expires with the token.
///
/// Nothing is fetched that a token's header names (`jku`, `x5u`), and no key is taken from there (`jwk`, `x5c`).
#[derive(Debug, Clone)]
pub struct Jwt {
    rules: Rules,
    sets: Vec<JwkSet>,
}

impl Jwt {
    /// Takes tokens whose `iss` is `issuer`, to the letter, and whose `aud` is `audience` or has it: what this service is called
    /// there.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        const LEEWAY: Duration = Duration::from_secs(60);
        let rules = Rules {
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: LEEWAY,
            name: "sub".to_owned(),
            scopes: None,
        };
        Self { rules, sets: Vec::new() }
    }

    /// Checks them with these keys. May be said of several sets.
    #[must_use]
    pub fn keys(mut self, keys: JwkSet) -> Self {
        self.sets.push(keys);
        self
    }

    /// Checks them with this key. May be said of several.
    #[must_use]
    pub fn key(self, key: Jwk) -> Self {
        self.keys(key.into())
    }

    /// Lets clocks differ by so much: a token holds so much longer, and so much sooner. A minute by default; more than an hour
    /// keeps the server from starting.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// Takes the caller's name from this claim, in place of `sub`. It must be a text that stays the caller's own: by an e-mail address that
    /// is given to somebody else, so is what they may do.
    #[must_use]
    pub fn name_from(mut self, claim: impl Into<String>) -> Self {
        self.rules.name = claim.into();
        self
    }

    /// Takes the caller's scopes from this claim, `roles` or `permissions` say, in place of `scope` or `scp`: words with spaces
    /// between them, or an array of texts.
    #[must_use]
    pub fn scopes_from(mut self, claim: impl Into<String>) -> Self {
        self.rules.scopes = Some(claim.into());
        self
    }

    /// Makes an identity of a token that is right now.
    fn judge(&self, token: &str, now: SystemTime) -> Result<Identity, Unauthenticated> {
        let token = Token::read(token)?;
        self.check_signature(&token, now)?;
        let claims = Claims::read(&token.payload()?).ok_or_else(|| {
            Unauthenticated::new("the token's claims are no JSON object with distinct members")
        })?;
        self.rules.judge(claims, now)
    }

    fn check_signature(&self, token: &Token<'_>, now: SystemTime) -> Result<(), Unauthenticated> {
        let wrong = |reason: &str| Err(Unauthenticated::new(reason));
        let mut missing = None;
        let sets: Vec<(&JwkSet, Arc<[Jwk]>)> = self
            .sets
            .iter()
            .filter_map(|set| match set.keys() {
                Ok(keys) => Some((set, keys)),
                Err(fault) => {
                    missing.get_or_insert(fault);
                    None
                }
            })
            .collect();
        let is_meant = |key: &&Jwk| match (key.id(), &token.key) {
            (Some(id), Some(name)) => id == name,
            _ => true,
        };
        let meant: Vec<_> =
            sets.iter().flat_map(|(_, keys)| keys.iter()).filter(is_meant).collect();
        if meant.is_empty() {
            if let Some(fault) = missing {
                return Err(fault.into());
            }
            // Of what nobody knows the key of this decides one thing alone: whether keys are fetched for it.
            let is_ours = || {
                let claims = token.payload().ok().as_deref().and_then(Claims::read);
                claims.is_some_and(|claims| self.rules.judge(claims, now).is_ok())
            };
            let ask = |soon, (set, keys): &(&JwkSet, Arc<[Jwk]>)| soon | set.may_know_more(keys);
            if is_ours() && sets.iter().fold(false, ask) {
                return Err(fetching().into());
            }
            return wrong("the token is signed with a key that is not known here (`kid`)");
        }
        let mut fitting = meant.into_iter().filter(|key| key.is_for(token.algorithm)).peekable();
        if fitting.peek().is_none() {
            return wrong("the token is signed in another way than its key is for (`alg`)");
        }
        if fitting.by_ref().take(TRIES).any(|key| key.has_signed(token.message, &token.signature)) {
            return Ok(());
        }
        match fitting.next() {
            None => wrong("the token's signature is wrong"),
            Some(_) => wrong("the token does not say with which of many keys it is signed (`kid`)"),
        }
    }
}

/// Has a caller come again whose key may be among those that are being fetched.
fn fetching() -> Fault {
    const SOON: Duration = Duration::from_secs(1);
    let why = "the token is signed with a key that is not known here yet (`kid`), and keys are being fetched";
    come_again(why, SOON)
}

impl Authenticate for Jwt {
    fn authenticate(&self, credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
        let token =
            credentials.bearer().ok_or_else(|| Unauthenticated::new("a token is asked for"))?;
        self.judge(token, SystemTime::now())
    }

    fn check(&self) -> Result<(), Misuse> {
        if self.sets.is_empty() {
            return Err(problem(
                "there is no key; give it some: `.keys(JwkSet::from_file(\"jwks.json\")?)`, or `JwkSet::from_url`",
            ));
        }
        self.rules.check()
    }

    fn log_to(&self, log: &Log) {
        for set in &self.sets {
            set.log_to(log);
        }
    }

    fn upkeep(&self) -> Vec<Upkeep> {
        self.sets.iter().filter_map(JwkSet::upkeep).collect()
    }
}

#[cfg(test)]
mod tests;
