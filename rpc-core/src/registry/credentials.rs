//! What a caller has to show, for whoever decides who that is.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
#[cfg(feature = "tls")]
use std::sync::Arc;
use std::sync::OnceLock;

use crate::protocol::base64;

#[cfg(feature = "tls")]
use super::PeerCertificate;
use super::{CallContext, PeerCredentials};

/// What a caller has to show: what they said, and what is known of their connection.
///
/// ```
/// use rpc_core::identity::Credentials;
///
/// let token = Credentials::said("Bearer s3cret");
/// assert_eq!(token.bearer(), Some("s3cret"));
///
/// let password = Credentials::said("Basic YWRhOm9wZW4gc2VzYW1l");
/// assert_eq!(password.basic(), Some(("ada", "open sesame")));
/// assert_eq!(format!("{password:?}"), "Credentials { authorization: \"…\", .. }");
/// ```
#[derive(Clone, Default)]
pub struct Credentials<'c> {
    authorization: Option<Cow<'c, str>>,
    /// The user and the password in it, once somebody has asked.
    basic: OnceLock<Option<Box<str>>>,
    peer: Option<SocketAddr>,
    address: Option<IpAddr>,
    user: Option<PeerCredentials>,
    /// The cookies among them, by their names.
    #[cfg(feature = "http")]
    cookies: Vec<(String, String)>,
    /// What the connection's handshake has shown.
    #[cfg(feature = "tls")]
    certificate: Option<Arc<OnceLock<PeerCertificate>>>,
}

impl<'c> Credentials<'c> {
    /// Those of a caller who said this and of whom nothing else is known, for tests: `Bearer s3cret`, say.
    pub fn said(authorization: impl Into<Cow<'c, str>>) -> Self {
        Self { authorization: Some(authorization.into()), ..Self::default() }
    }

    /// Those of whoever calls, and said this.
    pub(crate) fn of(context: &CallContext, authorization: Option<&'c str>) -> Self {
        Self {
            authorization: authorization.map(Cow::Borrowed),
            basic: OnceLock::new(),
            peer: context.peer(),
            address: context.caller_address(),
            user: context.peer_credentials(),
            #[cfg(feature = "http")]
            cookies: Vec::new(),
            #[cfg(feature = "tls")]
            certificate: context.certificate(),
        }
    }

    /// The same with a cookie of the request.
    #[cfg(feature = "http")]
    pub(crate) fn add_cookie(&mut self, name: &str, value: &str) {
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    /// The names and values of the cookies among them.
    #[cfg(feature = "http")]
    pub(crate) fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }

    /// Whether the caller has sent something that is for nothing else but to say who they are.
    pub(crate) fn are_said(&self) -> bool {
        #[cfg(feature = "http")]
        if !self.cookies.is_empty() {
            return true;
        }
        self.authorization.is_some()
    }

    /// Whether there is something by which somebody could be known.
    pub(crate) fn show_something(&self) -> bool {
        #[cfg(feature = "tls")]
        if self.certificate().is_some() {
            return true;
        }
        self.are_said() || self.user.is_some()
    }

    /// The same for whoever keeps them.
    pub fn into_owned(self) -> Credentials<'static> {
        Credentials {
            authorization: self.authorization.map(|value| Cow::Owned(value.into_owned())),
            basic: self.basic,
            peer: self.peer,
            address: self.address,
            user: self.user,
            #[cfg(feature = "http")]
            cookies: self.cookies,
            #[cfg(feature = "tls")]
            certificate: self.certificate,
        }
    }

    /// What the caller said of themselves, as it came: the value of a header `Authorization`, of the greeting
    /// `rpc.authenticate`, or of the call's own metadata.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// The token that they said (RFC 6750): what follows `Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        self.scheme("bearer")
    }

    /// The name and the password that they said (RFC 7617): what follows `Basic`.
    pub fn basic(&self) -> Option<(&str, &str)> {
        let text = self.basic.get_or_init(|| {
            let bytes = base64::decode(self.scheme("basic")?)?;
            String::from_utf8(bytes).ok().map(String::into_boxed_str)
        });
        text.as_deref()?.split_once(':')
    }

    /// The value of a cookie that came with the request, or with the one that opened the WebSocket, if the server was told that
    /// cookies of this name say who calls (feature `http`): [`TcpServer::cookie_credentials`]. `None` for every other
    /// cookie, and where `authorization` was said in some way, which goes before cookies.
    ///
    /// ```
    /// use rpc_core::identity::{Credentials, Identity, Unauthenticated};
    ///
    /// fn by_session(credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
    ///     match credentials.cookie("session") {
    ///         Some("5f0c…") => Ok(Identity::new("ada")),
    ///         _ => Err(Unauthenticated::new("no such session")),
    ///     }
    /// }
    /// ```
    ///
    /// [`TcpServer::cookie_credentials`]: crate::TcpServer::cookie_credentials
    #[cfg(feature = "http")]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The address at the other end of the connection, over TCP: a proxy's, if one is there.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The caller's address, also behind a proxy that the server believes:
    /// [`CallContext::caller_address`](crate::CallContext::caller_address).
    pub fn caller_address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The user, the group and the process at the other end of a Unix socket.
    pub fn peer_credentials(&self) -> Option<PeerCredentials> {
        self.user
    }

    /// The certificate that they have shown, which the server has checked (feature `tls`):
    /// [`Tls::client_ca`](crate::tls::Tls::client_ca).
    ///
    /// ```
    /// use rpc_core::identity::{Credentials, Identity, Unauthenticated};
    ///
    /// fn by_certificate(credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
    ///     match credentials.certificate().and_then(|certificate| certificate.subject()) {
    ///         Some(name) => Ok(Identity::new(name)),
    ///         None => Err(Unauthenticated::new("a certificate is asked for")),
    ///     }
    /// }
    /// ```
    #[cfg(feature = "tls")]
    pub fn certificate(&self) -> Option<&PeerCertificate> {
        self.certificate.as_ref()?.get()
    }

    /// What follows the name of a scheme.
    fn scheme(&self, name: &str) -> Option<&str> {
        let (scheme, rest) = self.authorization()?.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case(name).then(|| rest.trim())
    }
}

/// What was said is a secret: it is not shown.
impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Credentials");
        if self.authorization.is_some() {
            fields.field("authorization", &"…");
        }
        #[cfg(feature = "http")]
        if !self.cookies.is_empty() {
            fields.field("cookies", &"…");
        }
        if let Some(peer) = self.peer {
            fields.field("peer", &peer);
        }
        if let Some(peer) = self.user {
            fields.field("peer_credentials", &peer);
        }
        fields.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Credentials;

    #[test]
    fn a_scheme_is_told_without_regard_to_case_and_white_space() {
        for (said, token) in [
            ("Bearer s3cret", Some("s3cret")),
            ("bearer  s3cret ", Some("s3cret")),
            (" BEARER a b", Some("a b")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearers3cret", None),
            ("Basic YTpi", None),
            ("", None),
        ] {
            assert_eq!(Credentials::said(said).bearer(), token, "{said}");
        }
    }

    #[test]
    fn a_password_may_have_colons_in_it_and_must_be_utf_8() {
        for (said, basic) in [
            ("Basic YTpi", Some(("a", "b"))),
            ("basic YTpiOmM=", Some(("a", "b:c"))),
            ("Basic Og==", Some(("", ""))),
            ("Basic YQ==", None),
            ("Basic /zo=", None),
            ("Basic *", None),
            ("Bearer YTpi", None),
        ] {
            let credentials = Credentials::said(said).into_owned();
            assert_eq!(credentials.basic(), basic, "{said}");
            assert_eq!(credentials.clone().basic(), basic, "{said}");
        }
    }
}
