//! Has keys come from an address.

use std::sync::Arc;
use std::time::Duration;

use crate::client::Get;
use crate::error::Error;
use crate::tls::ClientTls;

use super::key_set::JwkSet;
use super::problem::problem;
use super::remote::Remote;

/// An address that keys are fetched from, again and again (features `jwt` and `http`).
///
/// ```no_run
/// use std::time::Duration;
///
/// use rpc_core::jwt::JwksUrl;
/// use rpc_core::tls::ClientTls;
///
/// let keys = JwksUrl::new("https://issuer.example/.well-known/jwks.json")
///     .tls(ClientTls::new().ca("our-ca.pem")?)
///     .refresh_every(Duration::from_secs(300))
///     .fetch()?;
/// # let _ = keys;
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is fetched before `fetch`"]
pub struct JwksUrl {
    url: String,
    tls: ClientTls,
    every: Duration,
    keep: Duration,
}

impl JwksUrl {
    /// Names the address: what issuers call `jwks_uri`. It begins with `https://`; `http://` is taken on this machine alone.
    pub fn new(url: impl Into<String>) -> Self {
        const EVERY: Duration = Duration::from_secs(600);
        const KEEP: Duration = Duration::from_secs(3600);
        Self { url: url.into(), tls: ClientTls::new(), every: EVERY, keep: KEEP }
    }

    /// Speaks TLS in this way: with authorities of one's own, say. By default those are trusted that the operating system trusts.
    pub fn tls(self, tls: ClientTls) -> Self {
        Self { tls, ..self }
    }

    /// Fetches the keys this often, 10 minutes by default: so long a key that was taken away may count. A second at least.
    pub fn refresh_every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// Has keys count for so long that cannot be fetched again, an hour by default. Then calls with tokens are refused, with -32000,
    /// until they can.
    pub fn keep_for(self, keep: Duration) -> Self {
        Self { keep, ..self }
    }

    /// Fetches the keys, while this thread waits, for 10 s at most and the time that a name takes to be looked up.
    ///
    /// Where the server serves, a thread fetches them from then on, or, in the models that fork, one process for all. Without a server, or
    /// within a closure, that is for you to see to: [`Authenticate::upkeep`](crate::identity::Authenticate::upkeep).
    ///
    /// # Errors
    ///
    /// Where the address is none; where it cannot be reached, or answers with something else than the status 200 and JSON of at most 1
    /// MiB; where no key in that can be used; and where the times make no sense.
    pub fn fetch(self) -> Result<JwkSet, Error> {
        const ACCEPT: &str = "application/jwk-set+json, application/json";
        let Self { url, tls, every, keep } = self;
        if every < Duration::from_secs(1) {
            let why = "keys are fetched once a second at most; `JwksUrl::refresh_every` takes some minutes, say";
            return Err(problem(why).into());
        }
        if keep < every {
            let why = "keys would be too old before they are fetched again; give `JwksUrl::keep_for` more than `refresh_every`";
            return Err(problem(why).into());
        }
        let get = Get::new(&url, &tls, ACCEPT);
        let get = get.map_err(|why| problem(format!("the keys at {why}")))?;
        Ok(JwkSet::of_remote(Arc::new(Remote::fetch(get, every, keep)?)))
    }
}

impl JwkSet {
    /// Fetches keys from an address, `https://issuer.example/.well-known/jwks.json`, now and again and again: as
    /// [`JwksUrl::fetch`], which says more, and with the defaults of [`JwksUrl`] (feature `http`, too).
    ///
    /// # Errors
    ///
    /// As [`JwksUrl::fetch`].
    pub fn from_url(url: impl Into<String>) -> Result<Self, Error> {
        JwksUrl::new(url).fetch()
    }
}
