//! Certificates and keys of a client, from files.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, crypto};

use crate::error::Misuse;

use super::problem::problem;

/// The certificates of authorities that a file holds.
pub(super) fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, Misuse> {
    let certificates = certificates(file, &read(file)?)?;
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
    let chain = certificates(certificate, &read(certificate)?)?;
    let private = private_key(key, &read(key)?)?;
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

fn read(file: &Path) -> Result<Vec<u8>, Misuse> {
    fs::read(file).map_err(|error| {
        let file = file.display();
        problem(format!("`{file}` cannot be read ({error}); give the path of a file in PEM"))
    })
}

fn certificates(file: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Misuse> {
    let file = file.display();
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(|error| {
        problem(format!("`{file}` is no PEM ({error}); copy it anew from where it comes from"))
    })?;
    if found.is_empty() {
        return Err(problem(format!(
            "`{file}` holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`); one in DER is \
             turned into PEM by `openssl x509 -inform der -in {file} -out cert.pem`"
        )));
    }
    Ok(found)
}

fn private_key(file: &Path, text: &[u8]) -> Result<PrivateKeyDer<'static>, Misuse> {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    PrivateKeyDer::from_pem_slice(text).map_err(|_| {
        let file = file.display();
        let is_encrypted = text.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED);
        problem(if is_encrypted {
            format!(
                "the key in `{file}` is encrypted; `openssl pkey -in {file} -out key.pem` takes \
                 its password away"
            )
        } else {
            format!("`{file}` holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)")
        })
    })
}
