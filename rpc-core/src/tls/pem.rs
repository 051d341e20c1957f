//! Certificates and keys in files.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Misuse;

/// Says what is wrong.
pub(super) fn problem(problem: impl Into<String>) -> Misuse {
    Misuse::Tls { problem: problem.into().into_boxed_str() }
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Misuse> {
    fs::read(path).map_err(|error| problem(format!("{}: {error}", path.display())))
}

/// The certificates in a text, of which messages say where it is from.
pub(super) fn certificates(
    text: &[u8],
    name: &str,
) -> Result<Vec<CertificateDer<'static>>, Misuse> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match certificates {
        Err(error) => Err(problem(format!("{name} is no PEM text: {error:?}"))),
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => {
            let instead = if PrivateKeyDer::from_pem_slice(text).is_ok() {
                "it has a private key; are the two exchanged?"
            } else {
                "it must have a text that begins with -----BEGIN CERTIFICATE-----"
            };
            Err(problem(format!("{name} has no certificate: {instead}")))
        }
    }
}

/// The private key in a text.
pub(super) fn key(text: &[u8], name: &str) -> Result<PrivateKeyDer<'static>, Misuse> {
    PrivateKeyDer::from_pem_slice(text).map_err(|_| {
        let has = |words: &[u8]| text.windows(words.len()).any(|window| window == words);
        let instead = if has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED") {
            "it is encrypted; decrypt it: openssl pkey -in encrypted.pem -out key.pem"
        } else if has(b"BEGIN CERTIFICATE") {
            "it has a certificate; are the two exchanged?"
        } else {
            "it must have a text that begins with -----BEGIN PRIVATE KEY-----"
        };
        problem(format!("{name} has no private key: {instead}"))
    })
}
