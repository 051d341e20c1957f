//! A certificate of the other side, and the few of its parts that say whose it is.

use std::fmt::{self, Write as _};

use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::{SupportedCipherSuite, crypto::hash};

/// The certificate that a client has shown in its handshake, which the server has checked against its authorities
/// (feature `tls`).
///
/// ```standalone_crate
/// use rpc_core::{CallContext, rpc_export};
///
/// #[rpc_export]
/// fn who_am_i(context: &CallContext) -> Option<String> {
///     context.peer_certificate()?.subject().map(str::to_owned)
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PeerCertificate {
    der: Vec<u8>,
    subject: Option<String>,
    names: Vec<String>,
}

impl PeerCertificate {
    /// Reads a certificate. What it does not say, or says in an odd way, is left out.
    pub(crate) fn new(der: &[u8]) -> Self {
        let (subject, names) = read(der).unwrap_or_default();
        Self { der: der.to_vec(), subject, names }
    }

    /// The common name of its subject.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The alternative names of its subject: those of hosts (`sum.example`), URIs (`spiffe://house/sum`), and mail
    /// addresses (`ada@house.example`), in the certificate's order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The certificate itself, in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The SHA-256 hash of the certificate, as 64 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let mut digits = String::with_capacity(64);
        for byte in sha256(&self.der).as_ref() {
            // Writing to memory does not fail.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }
}

impl fmt::Debug for PeerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerCertificate")
            .field("subject", &self.subject)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

fn sha256(bytes: &[u8]) -> hash::Output {
    let SupportedCipherSuite::Tls13(suite) = TLS13_AES_128_GCM_SHA256 else {
        unreachable!("it is a suite of TLS 1.3")
    };
    suite.common.hash_provider.hash(bytes)
}

/// A part of DER: what kind it is, and what it has.
struct Part<'d> {
    tag: u8,
    content: &'d [u8],
}

const SEQUENCE: u8 = 0x30;
/// The version and the extensions of a certificate; two numbers that nobody uses any more stand between them.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 0x1d, 0x11];
const MAIL: u8 = 0x81;
const HOST: u8 = 0x82;
const URI: u8 = 0x86;

/// Takes the next part.
fn next<'d>(der: &mut &'d [u8]) -> Option<Part<'d>> {
    let (&[tag, first], mut rest) = der.split_first_chunk()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        // More than four bytes of length is more than there is.
        let count = usize::from(first & 0x7f);
        let (bytes, behind) = rest.split_at_checked(count).filter(|_| count <= 4)?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = behind;
    }
    let (content, behind) = rest.split_at_checked(length)?;
    *der = behind;
    Some(Part { tag, content })
}

/// The parts that one has.
fn parts(mut der: &[u8]) -> impl Iterator<Item = Part<'_>> {
    std::iter::from_fn(move || next(&mut der))
}

/// The common name of a certificate's subject, and its alternative names.
fn read(mut der: &[u8]) -> Option<(Option<String>, Vec<String>)> {
    let certificate = next(&mut der).filter(|part| part.tag == SEQUENCE)?;
    let signed = parts(certificate.content).next().filter(|part| part.tag == SEQUENCE)?;
    // The version, where there is one; serial number, algorithm, issuer, validity, subject.
    let mut signed = parts(signed.content).skip_while(|part| part.tag == VERSION).skip(4);
    let subject = signed.next()?;
    let extensions = signed.find(|part| part.tag == EXTENSIONS);
    let extensions = extensions.and_then(|part| parts(part.content).next());
    let names = extensions.map(|list| parts(list.content).flat_map(|one| alternative_names(&one)));
    let names = names.into_iter().flatten().collect();
    Some((common_name(&subject), names))
}

/// The most specific of the common names, which is the last.
fn common_name(subject: &Part<'_>) -> Option<String> {
    let attributes = parts(subject.content).flat_map(|set| parts(set.content));
    let names = attributes.filter_map(|attribute| {
        let mut parts = parts(attribute.content);
        let (kind, value) = (parts.next()?, parts.next()?);
        (kind.content == COMMON_NAME).then(|| text(value.content)).flatten()
    });
    names.last()
}

fn alternative_names(extension: &Part<'_>) -> Vec<String> {
    let mut fields = parts(extension.content);
    if fields.next().is_none_or(|kind| kind.content != ALTERNATIVE_NAMES) {
        return Vec::new();
    }
    // Whether it is critical may stand before what it says.
    let said = fields.last().and_then(|said| parts(said.content).next());
    let names = said.into_iter().flat_map(|list| parts(list.content));
    names
        .filter(|name| matches!(name.tag, MAIL | HOST | URI))
        .filter_map(|name| text(name.content))
        .collect()
}

/// A text without what could fool whoever compares or prints it.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::PeerCertificate;

    #[test]
    fn what_is_no_certificate_says_nothing() {
        let odd: [&[u8]; 6] = [
            b"",
            b"0",
            b"0\x84\xff\xff\xff\xff",
            b"0\x80",
            b"\x30\x04\x30\x02\x02\x00",
            &[0x30; 300],
        ];
        for der in odd {
            let certificate = PeerCertificate::new(der);
            assert_eq!((certificate.subject(), certificate.names().len()), (None, 0), "{der:?}");
            assert_eq!(certificate.der(), der);
        }
    }

    #[test]
    fn a_fingerprint_is_the_hash_of_the_certificate() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(PeerCertificate::new(b"").fingerprint(), empty);
    }
}
