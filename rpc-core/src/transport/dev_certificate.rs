//! Certificates for development, made on the spot.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};

use crate::error::Error;

use super::tls_client::fingerprint;
use super::tls_problem::problem;

/// A certificate for development that nobody has issued, with its key (feature `tls-dev`).
///
/// One line gives a server TLS:
///
/// ```no_run
/// use rpc_core::RpcServer;
/// use rpc_core::tls::{DevCertificate, Tls};
///
/// RpcServer::exported().tls(Tls::from(DevCertificate::new(["localhost"])?)).serve("127.0.0.1:5000")?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// Clients trust it by its file ([`ClientTls::ca`](crate::tls::ClientTls::ca)) or its fingerprint
/// ([`ClientTls::pin`](crate::tls::ClientTls::pin)). It is good for a year. Others than developers
/// should be shown one that an authority has issued.
///
/// ```
/// use rpc_core::tls::DevCertificate;
///
/// let certificate = DevCertificate::new(["localhost", "127.0.0.1"])?;
/// assert!(certificate.cert_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// assert!(certificate.fingerprint().starts_with("sha256:"));
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Clone)]
pub struct DevCertificate {
    certificate: String,
    key: String,
    fingerprint: String,
}

impl DevCertificate {
    /// Makes one for these names: host names, with `*.` before some of them perhaps, and IP addresses.
    ///
    /// # Errors
    ///
    /// Where there is no name, or one of them is none.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let Some(first) = names.first().cloned() else {
            return Err(problem(
                "a certificate needs a name: `DevCertificate::new([\"localhost\"])`",
            )
            .into());
        };
        let made = make(names, first).map_err(|error| {
            problem(format!(
                "no certificate can be made ({error}); its names are host names and IP addresses"
            ))
        })?;
        Ok(made)
    }

    /// The certificate in PEM.
    pub fn cert_pem(&self) -> &str {
        &self.certificate
    }

    /// Its key in PEM.
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// The certificate's fingerprint, for [`ClientTls::pin`](crate::tls::ClientTls::pin).
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Writes both into files, in PEM. Only their owner may read that of the key. What stood there before
    /// is replaced.
    ///
    /// # Errors
    ///
    /// Those of the operating system, which name the file.
    pub fn write(&self, certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<(), Error> {
        let (certificate, key) = (certificate.as_ref(), key.as_ref());
        let named = |file: &Path, written: io::Result<()>| {
            written.map_err(|error| {
                let file = file.display();
                problem(format!("`{file}` cannot be written ({error}); choose another place"))
            })
        };
        named(key, write_key(key, &self.key))?;
        Ok(named(certificate, fs::write(certificate, &self.certificate))?)
    }
}

fn make(names: Vec<String>, first: String) -> Result<DevCertificate, rcgen::Error> {
    const DAY: Duration = Duration::from_secs(86_400);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, first);
    // Clocks of other machines may be behind.
    params.not_before = (SystemTime::now() - DAY).into();
    params.not_after = (SystemTime::now() + DAY * 365).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(DevCertificate {
        fingerprint: fingerprint(certificate.der()),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

/// Writes a key anew: the permissions of a file that is there already would stay.
fn write_key(file: &Path, text: &str) -> io::Result<()> {
    if let Err(error) = fs::remove_file(file)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// Shows the fingerprint, and nothing of the key.
impl fmt::Debug for DevCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevCertificate")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
