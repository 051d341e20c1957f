//! What a server needs to speak TLS.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::error::{Error, Misuse};
#[cfg(feature = "tls-dev")]
use crate::transport::dev_certificate::DevCertificate;
use crate::transport::pem::Pem;
use crate::transport::tls::Accepting;
use crate::transport::tls_problem::problem;

use super::certificates::{Certificates, Files};

/// What a server needs to speak TLS: a certificate with its key, and whom it lets in (feature `tls`).
///
/// Every protocol of the port is spoken over it, in all six models: the native dialect, JSON-RPC, HTTP/1.1, HTTP/2 and
/// WebSocket. Plain text is refused, in its own words.
///
/// ```no_run
/// use rpc_core::RpcServer;
/// use rpc_core::tls::Tls;
///
/// let tls = Tls::from_pem("cert.pem", "key.pem")?.client_ca("clients.pem")?;
/// RpcServer::exported().tls(tls).serve("0.0.0.0:5000")?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// Files are looked at, once a second at most, when a connection begins: a certificate that has been renewed is shown from then on.
/// One that cannot be used is not, and the server's [log](crate::TcpServer::log) says why.
#[derive(Clone)]
pub struct Tls {
    shown: Shown,
    clients: Option<Clients>,
    patience: Duration,
    allows_plain: bool,
}

#[derive(Clone)]
enum Shown {
    Certificates(Arc<Certificates>),
    Config(Arc<ServerConfig>),
}

/// Whose certificates clients must or may show.
#[derive(Clone)]
struct Clients {
    authorities: Arc<RootCertStore>,
    is_optional: bool,
}

impl Tls {
    /// Takes a certificate, with those that vouch for it behind it, and its key, from PEM files.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, has something else, or the key is another certificate's.
    pub fn from_pem(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, Error> {
        let certificates = Certificates::new();
        certificates.add_files(files(certificate, key))?;
        Ok(Self::showing(Shown::Certificates(Arc::new(certificates))))
    }

    /// The same from two texts, which may be one: a text with both.
    ///
    /// # Errors
    ///
    /// Where a text has something else, or the key is another certificate's.
    pub fn from_pem_text(certificate: &str, key: &str) -> Result<Self, Error> {
        let certificates = Certificates::new();
        certificates.add_text(certificate.as_bytes(), key.as_bytes())?;
        Ok(Self::showing(Shown::Certificates(Arc::new(certificates))))
    }

    /// Takes a configuration of rustls as it is: for another cryptography, other certificates, or a way of one's own to
    /// check those of clients. Set its `alpn_protocols` to `h2` and `http/1.1` to have HTTP/2 chosen.
    pub fn from_config(config: Arc<ServerConfig>) -> Self {
        Self::showing(Shown::Config(config))
    }

    fn showing(shown: Shown) -> Self {
        const PATIENCE: Duration = Duration::from_secs(10);
        Self { shown, clients: None, patience: PATIENCE, allows_plain: false }
    }

    /// Adds a certificate, which is shown to clients that connect to one of its names. Others are shown the
    /// first.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem), and where a [configuration](Self::from_config) was given.
    pub fn and_pem(
        mut self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, Error> {
        let Shown::Certificates(certificates) = &self.shown else {
            return Err(config_alone("and_pem").into());
        };
        let certificates = certificates.copy();
        certificates.add_files(files(certificate, key))?;
        self.shown = Shown::Certificates(Arc::new(certificates));
        Ok(self)
    }

    /// Asks each client for a certificate that one of the authorities in a PEM file vouches for, and lets in no other
    /// client. Functions are told it: [`CallContext::peer_certificate`](crate::CallContext::peer_certificate).
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or has something else, and where a [configuration](Self::from_config) was
    /// given.
    pub fn client_ca(self, file: impl AsRef<Path>) -> Result<Self, Error> {
        self.asking(file.as_ref(), false)
    }

    /// The same, but lets in clients that show none.
    ///
    /// # Errors
    ///
    /// As [`client_ca`](Self::client_ca).
    pub fn client_ca_optional(self, file: impl AsRef<Path>) -> Result<Self, Error> {
        self.asking(file.as_ref(), true)
    }

    fn asking(mut self, file: &Path, is_optional: bool) -> Result<Self, Error> {
        if matches!(self.shown, Shown::Config(_)) {
            return Err(config_alone("client_ca").into());
        }
        let pem = Pem::file(file)?;
        let name = pem.name();
        let mut authorities = RootCertStore::empty();
        for certificate in pem.certificates()? {
            authorities.add(certificate).map_err(|error| {
                problem(format!("{name} has a certificate that cannot be used: {error}"))
            })?;
        }
        self.clients = Some(Clients { authorities: Arc::new(authorities), is_optional });
        Ok(self)
    }

    /// Closes a connection whose handshake takes longer than this. 10 s by default; zero is refused when the
    /// server starts.
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.patience = timeout;
        self
    }

    /// Serves plain text on the same port, too: while clients move to TLS, say. Whoever can change what a client
    /// sends can then have it speak plain text.
    #[must_use]
    pub fn allow_plain(mut self) -> Self {
        self.allows_plain = true;
        self
    }

    /// Has lines said that those who operate the server are to know.
    pub(crate) fn say_by(&self, say: impl Fn(&str) + Send + Sync + 'static) {
        if let Shown::Certificates(certificates) = &self.shown {
            certificates.say_by(Box::new(say));
        }
    }

    /// How connections are accepted.
    pub(crate) fn accepting(&self) -> Result<Accepting, Misuse> {
        if self.patience.is_zero() {
            return Err(Misuse::NoTime { setting: "handshake_timeout" });
        }
        let config = match &self.shown {
            Shown::Config(config) => Arc::clone(config),
            Shown::Certificates(certificates) => Arc::new(self.config(certificates)?),
        };
        let Self { patience, allows_plain, .. } = *self;
        Ok(Accepting { config, patience, allows_plain })
    }

    fn config(&self, certificates: &Arc<Certificates>) -> Result<ServerConfig, Misuse> {
        let failed = |error: rustls::Error| problem(error.to_string());
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(Clients { authorities, is_optional }) => {
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::clone(authorities), provider);
                let verifier =
                    if *is_optional { verifier.allow_unauthenticated() } else { verifier };
                let verifier = verifier
                    .build()
                    .map_err(|error| problem(format!("clients cannot be checked: {error}")))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::clone(certificates) as _);
        if cfg!(feature = "http") {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        // Made before there are other processes, so that each can go on with what another began. A ticketer takes no
        // ticket that is longer than those it has made itself, so it makes a long one first.
        let ticketer = ring::Ticketer::new().map_err(failed)?;
        let _ = ticketer.encrypt(&[0; 16 << 10]);
        config.ticketer = ticketer;
        Ok(config)
    }
}

#[cfg(feature = "tls-dev")]
impl From<DevCertificate> for Tls {
    /// Shows a certificate for development.
    fn from(certificate: DevCertificate) -> Self {
        let certificates = Certificates::new();
        // What was made just now is in order.
        let _ = certificates
            .add_text(certificate.cert_pem().as_bytes(), certificate.key_pem().as_bytes());
        Self::showing(Shown::Certificates(Arc::new(certificates)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("handshake_timeout", &self.patience)
            .field("allow_plain", &self.allows_plain)
            .finish_non_exhaustive()
    }
}

fn files(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Files {
    Files::new(certificate.as_ref().to_owned(), key.as_ref().to_owned())
}

fn config_alone(method: &str) -> Misuse {
    problem(format!(
        "`{method}` changes nothing of a configuration that was given to `Tls::from_config`; set it there"
    ))
}
