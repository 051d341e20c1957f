//! What a client trusts and shows, from files.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, crypto};

use crate::error::Misuse;

use super::super::pem::Pem;
use super::super::tls_problem::problem;

/// The certificates of authorities that a file holds.
pub(super) fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, Misuse> {
    let certificates = Pem::file(file)?.certificates()?;
    for (index, certificate) in certificates.iter().enumerate() {
        let added = RootCertStore::empty().add(certificate.clone());
        added.map_err(|error| {
            let (number, file) = (index + 1, file.display());
            problem(format!(
                "certificate {number} of `{file}` cannot be trusted ({error}); look at it with \
                 `openssl x509 -noout -text -in {file}`"
            ))
        })?;
    }
    Ok(certificates)
}

/// The certificate that a client shows, with its key.
pub(super) fn identity(certificate: &Path, key: &Path) -> Result<CertifiedKey, Misuse> {
    let chain = Pem::file(certificate)?.certificates()?;
    let private = Pem::file(key)?.key()?;
    let provider = crypto::ring::default_provider();
    CertifiedKey::from_der(chain, private, &provider).map_err(|error| {
        let (certificate, key) = (certificate.display(), key.display());
        problem(match error {
            rustls::Error::InconsistentKeys(_) => format!(
                "the key in `{key}` is not that of the certificate in `{certificate}`; give files \
                 that belong together"
            ),
            error => format!(
                "the certificate in `{certificate}` with the key in `{key}` cannot be used \
                 ({error}); keys are ECDSA on P-256 or P-384, Ed25519, or RSA"
            ),
        })
    })
}
