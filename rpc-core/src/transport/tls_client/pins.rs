//! Certificates that are trusted for what they are, not for who issued them.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::{cipher_suite, default_provider};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    SupportedCipherSuite,
};

use crate::error::Misuse;

use super::super::tls_problem::problem;

/// The SHA-256 of a certificate.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads `sha256:` and the digits, or what openssl shows.
    pub(super) fn read(text: &str) -> Result<Self, Misuse> {
        let digits = text.trim().rsplit_once('=').map_or(text.trim(), |(_, digits)| digits);
        let digits = match digits.get(..7) {
            Some(prefix) if prefix.eq_ignore_ascii_case("sha256:") => &digits[7..],
            _ => digits,
        };
        let digits: Vec<_> = digits.bytes().filter(|byte| *byte != b':').collect();
        let digit =
            |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let bytes: Option<Vec<u8>> = digits
            .chunks(2)
            .map(|pair| match *pair {
                [high, low] => Some(digit(high)? << 4 | digit(low)?),
                _ => None,
            })
            .collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| {
            problem(format!(
                "`{text}` is no fingerprint of a certificate: `sha256:` and 64 hexadecimal digits, \
                 as `openssl x509 -noout -fingerprint -sha256 -in cert.pem` shows them"
            ))
        })
    }

    fn of(certificate: &[u8]) -> Option<Self> {
        // The suite's hash is the one that rustls has anyway.
        let SupportedCipherSuite::Tls13(suite) = cipher_suite::TLS13_AES_128_GCM_SHA256 else {
            return None;
        };
        let hash = suite.common.hash_provider.hash(certificate);
        hash.as_ref().try_into().ok().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The fingerprint of a certificate, in the form that [`ClientTls::pin`](super::ClientTls::pin) takes.
#[cfg(any(test, feature = "tls-dev"))]
pub(in crate::transport) fn fingerprint(certificate: &[u8]) -> String {
    Fingerprint::of(certificate).map(|fingerprint| fingerprint.to_string()).unwrap_or_default()
}

/// Takes the certificates that were pinned.
#[derive(Debug)]
pub(super) struct Pinned {
    pins: Vec<Fingerprint>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    pub(super) fn new(pins: Vec<Fingerprint>) -> Self {
        Self { pins, algorithms: default_provider().signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of(certificate);
        if shown.as_ref().is_some_and(|shown| self.pins.contains(shown)) {
            return Ok(ServerCertVerified::assertion());
        }
        let other = NotPinned { shown: shown.map(|shown| shown.to_string()).unwrap_or_default() };
        Err(CertificateError::Other(OtherError(Arc::new(other))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A server showed a certificate that is none of those that were pinned.
#[derive(Debug)]
pub(super) struct NotPinned {
    shown: String,
}

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown } = self;
        write!(
            f,
            "the server's certificate is not one that was pinned; its fingerprint is {shown}; if \
             the server has a new one, pin that by `ClientTls::pin`"
        )
    }
}

impl std::error::Error for NotPinned {}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, fingerprint};

    #[test]
    fn fingerprints_are_read_in_every_usual_form() {
        let known = fingerprint(b"abc");
        assert_eq!(
            known,
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let digits = &known["sha256:".len()..];
        let pairs: Vec<_> = (0..32).map(|at| &digits[2 * at..2 * at + 2]).collect();
        let colons = pairs.join(":").to_uppercase();
        for form in [
            known.clone(),
            digits.to_owned(),
            format!("SHA256:{colons}"),
            format!("sha256 Fingerprint={colons}\n"),
        ] {
            assert_eq!(Fingerprint::read(&form).unwrap().to_string(), known, "{form}");
        }
        for form in ["", "sha256:", "sha1:00", "sha256:zz", &known[..known.len() - 1], "é"] {
            assert!(Fingerprint::read(form).is_err(), "{form}");
        }
    }
}
