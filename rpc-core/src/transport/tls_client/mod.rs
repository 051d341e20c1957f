//! How a client speaks TLS: whom it trusts, and who it is.

mod connecting;
mod dates;
mod files;
mod pins;
mod roots;
mod trust;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;

use crate::error::{Error, Misuse};

use super::tls_problem::problem;

pub(crate) use connecting::Secured;
use pins::Fingerprint;
#[cfg(feature = "tls-dev")]
pub(super) use pins::fingerprint;
pub(crate) use words::{explain, is_refusal, words};

/// How a client speaks TLS (feature `tls`): whom it trusts, and who it is.
///
/// Without it a client that connects to a `tls://`, `https://` or `wss://` address trusts those whom
/// the operating system trusts, and has no certificate of its own.
///
/// ```no_run
/// use rpc_core::RpcClient;
/// use rpc_core::tls::ClientTls;
///
/// let tls = ClientTls::new().ca("ca.pem")?.certificate("me.pem", "me-key.pem")?;
/// let client = RpcClient::builder().tls(tls).connect("tls://sum.example:5000")?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// What comes of the connections of a client is kept with it: a further one resumes the session of an
/// earlier one where the server lets it.
#[derive(Clone, Default)]
pub struct ClientTls {
    roots: Vec<CertificateDer<'static>>,
    pins: Vec<Fingerprint>,
    server_name: Option<ServerName<'static>>,
    identity: Option<Arc<CertifiedKey>>,
    config: Option<Arc<ClientConfig>>,
}

impl ClientTls {
    /// Trusts whom the operating system trusts; its list is read once, when the first connection is made.
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks TLS as rustls was set up: with other algorithms, another verifier, other protocols for ALPN.
    ///
    /// ```no_run
    /// use std::sync::Arc;
    ///
    /// use rpc_core::RpcClient;
    /// use rpc_core::tls::ClientTls;
    ///
    /// # fn connect(config: rustls::ClientConfig) -> Result<(), rpc_core::Error> {
    /// let tls = ClientTls::from_config(Arc::new(config));
    /// let client = RpcClient::builder().tls(tls).connect("tls://sum.example:5000")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_config(config: Arc<ClientConfig>) -> Self {
        Self { config: Some(config), ..Self::default() }
    }

    /// Trusts whom the authorities in a file have issued a certificate, and nobody else: their
    /// certificates in PEM. May be said of several files. A certificate that nobody else has issued stands for itself.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or holds no certificate.
    pub fn ca(mut self, file: impl AsRef<Path>) -> Result<Self, Error> {
        self.own_settings("ca")?;
        self.roots.extend(files::authorities(file.as_ref())?);
        Ok(self)
    }

    /// Trusts the one certificate of this fingerprint, and no other: whoever issued it, whatever names it
    /// has and however old it is. May be said of several.
    ///
    /// The fingerprint is the SHA-256 of the certificate, `sha256:` and 64 hexadecimal digits, with or
    /// without colons: what `openssl x509 -noout -fingerprint -sha256 -in cert.pem` shows.
    ///
    /// # Errors
    ///
    /// Where it is no such fingerprint.
    pub fn pin(mut self, fingerprint: impl AsRef<str>) -> Result<Self, Error> {
        self.own_settings("pin")?;
        self.pins.push(Fingerprint::read(fingerprint.as_ref())?);
        Ok(self)
    }

    /// Expects a certificate for this name, and asks for it: where the address that is connected to is
    /// that of a proxy or a tunnel, or an IP address. By default the name is the host of the address.
    ///
    /// # Errors
    ///
    /// Where it is neither a host name nor an IP address.
    pub fn server_name(mut self, name: impl AsRef<str>) -> Result<Self, Error> {
        self.server_name = Some(name_of(name.as_ref())?);
        Ok(self)
    }

    /// Shows a certificate to servers that ask for one (mutual TLS): files in PEM, of the certificate, with
    /// those between it and the authority behind it, and of its key.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, does not hold what it is to, or the key is that of another certificate.
    pub fn certificate(
        mut self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, Error> {
        self.own_settings("certificate")?;
        self.identity = Some(Arc::new(files::identity(certificate.as_ref(), key.as_ref())?));
        Ok(self)
    }

    /// Refuses a setting that a configuration from elsewhere has already.
    fn own_settings(&self, setting: &str) -> Result<(), Misuse> {
        match &self.config {
            Some(_) => Err(problem(format!(
                "`{setting}` has no effect on a configuration that was given to \
                 `ClientTls::from_config`; say it there, or begin with `ClientTls::new`"
            ))),
            None => Ok(()),
        }
    }

    /// What a client of `host` connects with; over HTTP that is said by ALPN.
    pub(crate) fn secured(&self, host: &str, is_http: bool) -> Result<Secured, Error> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => name_of(host)?,
        };
        let config = match &self.config {
            Some(config) => Arc::clone(config),
            None => Arc::new(self.to_config(is_http)?),
        };
        Ok(Secured::new(config, name))
    }
}

/// Shows what there is, and nothing of keys.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("authorities", &self.roots.len())
            .field("pins", &self.pins)
            .field("server_name", &self.server_name)
            .field("has_certificate", &self.identity.is_some())
            .finish_non_exhaustive()
    }
}

/// The name that a certificate is to have, from a host of a URL: the brackets of an IPv6 address are not part of it.
fn name_of(host: &str) -> Result<ServerName<'static>, Misuse> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| {
        problem(format!(
            "`{host}` is no name that a certificate can have; give a host name or an IP address, \
             or say by `ClientTls::server_name` which name to expect"
        ))
    })
}
