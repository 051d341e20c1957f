//! A client's settings that say who it is, and where that may be said.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::protocol::{ProtocolError, base64, code};

use super::credentials::{Credential, Credentials, Source};
use super::deadline::Deadline;
use super::{ClientBuilder, Secret};

impl ClientBuilder {
    /// Says who calls by a token: `Authorization: Bearer …`, over HTTP with each request and over
    /// WebSocket with the one that opens it; in the native dialect and JSON-RPC over streams by a call of
    /// `rpc.authenticate` that begins each connection.
    ///
    /// ```no_run
    /// use rpc_core::RpcClient;
    ///
    /// let token = std::env::var("RPC_TOKEN").unwrap_or_default();
    /// let client = RpcClient::builder().bearer(token).connect("127.0.0.1:5000")?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// Connecting fails with [`Misuse::Credential`] where the token cannot be said, and with
    /// [`Misuse::PlainCredential`] where others could read it on its way.
    pub fn bearer(self, token: impl Into<Secret>) -> Self {
        self.say(Source::Fixed(joined("Bearer ", token.into().expose())))
    }

    /// Says who calls by a name and a password: `Authorization: Basic …`, as [`bearer`](Self::bearer)
    /// does by a token. No `:` may stand in the name.
    ///
    /// ```no_run
    /// use rpc_core::RpcClient;
    ///
    /// let client = RpcClient::builder().basic("ada", "s3cret").connect("127.0.0.1:5000")?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    pub fn basic(self, user: &str, password: impl Into<Secret>) -> Self {
        let password = password.into();
        let is_text = |text: &str| !text.chars().any(char::is_control);
        self.say(if user.contains(':') {
            Source::Unusable("no `:` may stand in the name, which ends at the first")
        } else if !is_text(user) || !is_text(password.expose()) {
            Source::Unusable("the name or the password has a control character in it")
        } else {
            let both = joined(&format!("{user}:"), password.expose());
            let both = Secret::from(base64::encode(both.expose().as_bytes()));
            Source::Fixed(joined("Basic ", both.expose()))
        })
    }

    /// Asks `ask` for the value of `Authorization`, `"Bearer …"` say: before each connection or, over HTTP,
    /// before the first; and again when the server has refused a call with
    /// [`code::UNAUTHENTICATED`] or status 401. The call is then sent once more. Calls that are
    /// refused together have it asked once.
    ///
    /// ```no_run
    /// use rpc_core::RpcClient;
    ///
    /// let builder = RpcClient::builder()
    ///     .credentials(|| Ok(format!("Bearer {}", std::fs::read_to_string("token")?.trim())));
    /// let client = builder.connect("127.0.0.1:5000")?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// It may block. A blocking client calls it on the thread whose call needs the value, and no
    /// timeout ends it; an asynchronous client on a thread for that (`spawn_blocking`), for no longer than
    /// the call may take. It must not call by the client that it is for.
    pub fn credentials(self, ask: impl Fn() -> io::Result<String> + Send + Sync + 'static) -> Self {
        self.say(Source::Function(Box::new(ask)))
    }

    /// The same by a future. A blocking client waits for it on the thread whose call needs the value, where no
    /// runtime runs.
    ///
    /// ```no_run
    /// use rpc_core::RpcClient;
    ///
    /// # async fn token() -> String { String::new() }
    /// let builder = RpcClient::builder()
    ///     .credentials_async(|| async { Ok(format!("Bearer {}", token().await)) });
    /// # let _ = builder;
    /// ```
    pub fn credentials_async<F>(self, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<String>> + Send + 'static,
    {
        self.say(Source::Future(Box::new(move || Box::pin(ask()))))
    }

    /// Says who calls also where others could read it on its way: over TCP, HTTP and WebSocket without TLS
    /// to another machine. By default connecting fails there with [`Misuse::PlainCredential`].
    pub fn allow_plain_credentials(mut self) -> Self {
        self.allows_plain = true;
        self
    }

    fn say(mut self, source: Source) -> Self {
        self.credentials = Some(Arc::new(Credentials::new(source)));
        self
    }

    /// Refuses credentials that cannot be said by the way that calls take.
    pub(super) fn check_credentials(&self) -> Result<(), Misuse> {
        let Some(credentials) = &self.credentials else { return Ok(()) };
        let is_ours = |(name, _): &(String, String)| name.eq_ignore_ascii_case("Authorization");
        let problem = if let Some(problem) = credentials.problem() {
            problem
        } else if self.headers.iter().any(is_ours) || self.metadata.iter().any(is_ours) {
            "a header or metadata `Authorization` is set as well; leave one of them out"
        } else if self.greets() && !self.dialect.has_greeting() {
            "the dialect has no place for them, except over HTTP; connect to an http:// address"
        } else {
            return Ok(());
        };
        Err(Misuse::Credential { problem: problem.into() })
    }

    /// Whether a connection begins with a call that says who calls.
    pub(super) fn greets(&self) -> bool {
        self.credentials.is_some() && self.target.is_none() && self.websocket.is_none()
    }

    /// Refuses an address to which credentials would travel in plain text, where the address itself shows
    /// it.
    pub(super) fn check_address(&self, address: &str) -> Result<(), Error> {
        match address.parse::<SocketAddr>() {
            // Connecting there is connecting to this machine.
            Ok(peer) if peer.ip().is_unspecified() => Ok(()),
            Ok(peer) => self.check_peer(address, Some(peer)),
            Err(_) => Ok(()),
        }
    }

    /// Refuses a connection over which credentials would travel in plain text, by whom it really leads
    /// to.
    pub(super) fn check_peer(&self, address: &str, peer: Option<SocketAddr>) -> Result<(), Error> {
        if !self.is_plain || self.credentials.is_none() || self.allows_plain {
            return Ok(());
        }
        let Some(peer) = peer else {
            let doing = format!("connecting to {address}");
            let ended = io::Error::from(io::ErrorKind::NotConnected);
            return Err(IoError::new(IoErrorKind::Connect, doing).because(ended).into());
        };
        if peer.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        let is_named = peer.to_string() != address;
        let address = if is_named { format!("{address} ({peer})") } else { address.to_owned() };
        Err(Misuse::PlainCredential { address: address.into() }.into())
    }

    /// The credential for a new connection: over HTTP, where they come and go, the one there is.
    pub(super) fn credential(
        &self,
        deadline: Option<Deadline>,
    ) -> Result<Option<Credential>, Error> {
        let Some(credentials) = &self.credentials else { return Ok(None) };
        let credential = match self.target {
            Some(_) => credentials.after(0, deadline),
            None => credentials.fresh(),
        };
        credential.map(Some)
    }

    /// The same without blocking.
    #[cfg(feature = "tokio")]
    pub(super) async fn credential_async(&self) -> Result<Option<Credential>, Error> {
        let Some(credentials) = &self.credentials else { return Ok(None) };
        let credential = match self.target {
            Some(_) => credentials.after_async(0).await,
            None => credentials.fresh_async().await,
        };
        credential.map(Some)
    }

    /// Whether another credential may help where a call was refused with `error`.
    #[cold]
    pub(super) fn renews(&self, error: &Error) -> bool {
        let may_change = self.credentials.as_ref().is_some_and(|known| known.may_change());
        let is_unknown = match error {
            Error::Fault(fault) => fault.code() == code::UNAUTHENTICATED,
            Error::Protocol(error) => {
                matches!(error.cause(), ProtocolError::Http { status: 401, .. })
            }
            _ => false,
        };
        may_change && is_unknown && !error.may_have_run()
    }
}

impl Dialect {
    /// Whether a call may say who makes those after it.
    fn has_greeting(self) -> bool {
        matches!(self, Self::Native | Self::NativeWithoutIds | Self::JsonRpc)
    }
}

/// One behind the other, in memory that is never moved.
fn joined(one: &str, other: &str) -> Secret {
    let mut both = String::with_capacity(one.len() + other.len());
    both.push_str(one);
    both.push_str(other);
    both.into()
}

#[cfg(test)]
mod tests {
    use super::{ClientBuilder, Error, Misuse};

    #[test]
    fn what_is_connected_to_counts_and_not_its_name() {
        let mut builder = ClientBuilder::default().bearer("s3cret");
        builder.is_plain = true;
        for (peer, is_taken) in [
            ("127.0.0.1:5000", true),
            ("127.9.9.9:5000", true),
            ("[::1]:5000", true),
            ("[::ffff:127.0.0.1]:5000", true),
            ("[::ffff:10.0.0.7]:5000", false),
            ("10.0.0.7:5000", false),
            ("[fe80::1]:5000", false),
        ] {
            let checked = builder.check_peer("localhost:5000", peer.parse().ok());
            assert_eq!(checked.is_ok(), is_taken, "{peer}");
            let allowed = builder.clone().allow_plain_credentials();
            assert!(allowed.check_peer("localhost:5000", peer.parse().ok()).is_ok());
            let mut none = ClientBuilder::default().allow_plain_credentials();
            (none.is_plain, none.allows_plain) = (true, false);
            assert!(none.check_peer("localhost:5000", peer.parse().ok()).is_ok());
        }
        assert!(builder.check_peer("localhost:5000", None).is_err(), "nobody knows who that is");
        let error = builder.check_peer("sum.example:80", "10.0.0.7:80".parse().ok()).unwrap_err();
        let Error::Misuse(Misuse::PlainCredential { address }) = error else { panic!("{error:?}") };
        assert_eq!(&*address, "sum.example:80 (10.0.0.7:80)");
    }
}
