//! What a token has to say to be taken, and whom it makes of it.

use std::time::{Duration, SystemTime};

use crate::error::Misuse;
use crate::registry::{Identity, Unauthenticated};

use super::claims::Claims;
use super::problem::problem;

/// What a token has to say.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) leeway: Duration,
    /// The claim that is the caller's name.
    pub(super) name: String,
    /// The claim that has the scopes; `None` is `scope`, or else `scp`.
    pub(super) scopes: Option<String>,
}

impl Rules {
    /// Says what would have no token, or any, be taken.
    pub(super) fn check(&self) -> Result<(), Misuse> {
        const MOST: Duration = Duration::from_secs(3600);
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Err(problem(
                "the issuer or the audience is empty; `Jwt::new` takes what `iss` and `aud` of the tokens must be",
            ));
        }
        if self.leeway > MOST {
            return Err(problem(
                "the leeway is longer than an hour; it is for clocks that differ by seconds",
            ));
        }
        Ok(())
    }

    /// Makes an identity of what a token says whose signature is right.
    pub(super) fn judge(
        &self,
        claims: Claims,
        now: SystemTime,
    ) -> Result<Identity, Unauthenticated> {
        if claims.text("iss") != Some(&self.issuer) {
            return wrong("the token is of another issuer (`iss`)");
        }
        if !claims.texts("aud").is_some_and(|all| all.contains(&self.audience.as_str())) {
            return wrong("the token is for another audience (`aud`)");
        }
        let begins = |name| match claims.time(name) {
            Some(time) => Some(now.checked_add(self.leeway).is_none_or(|now| time <= now)),
            None => (!claims.has(name)).then_some(true),
        };
        match begins("nbf") {
            Some(true) => {}
            Some(false) => return wrong("the token does not hold yet (`nbf`)"),
            None => return wrong("the token's `nbf` is no time"),
        }
        match begins("iat") {
            Some(true) => {}
            Some(false) => return wrong("the token is from the future (`iat`)"),
            None => return wrong("the token's `iat` is no time"),
        }
        let Some(end) = claims.time("exp").and_then(|time| time.checked_add(self.leeway)) else {
            return wrong("the token does not say until when it holds (`exp`)");
        };
        if end <= now {
            return Err(Unauthenticated::expired());
        }
        let Some(name) = claims.text(&self.name).filter(|name| !name.is_empty()) else {
            return wrong(format!("the token does not say whom it is for (`{}`)", self.name));
        };
        let identity = Identity::new(name).scopes(self.scopes(&claims)?).expires_at(end);
        Ok(identity.value(claims))
    }

    /// The scopes in a claim: words with spaces between them, or an array.
    fn scopes(&self, claims: &Claims) -> Result<Vec<String>, Unauthenticated> {
        let name = match &self.scopes {
            Some(name) => name,
            None if claims.has("scope") => "scope",
            None => "scp",
        };
        if let Some(words) = claims.text(name) {
            let words = words.split(' ').filter(|word| !word.is_empty());
            return Ok(words.map(str::to_owned).collect());
        }
        match claims.texts(name) {
            Some(words) => Ok(words.into_iter().map(str::to_owned).collect()),
            None if claims.has(name) => {
                wrong(format!("the token's scopes (`{name}`) are no texts"))
            }
            None => Ok(Vec::new()),
        }
    }
}

fn wrong<T>(reason: impl Into<String>) -> Result<T, Unauthenticated> {
    Err(Unauthenticated::new(reason))
}
