//! What is wrong with a connection over TLS, in the words of who has to mend it.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use rustls::{AlertDescription as Alert, CertificateError, Error, PeerIncompatible};

use super::dates;
use super::pins::NotPinned;

/// An error of rustls, with what it means and what to do.
#[derive(Debug)]
struct Explained {
    words: String,
    source: Error,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl StdError for Explained {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

/// What an error means and what to do, where it is one of TLS.
pub(crate) fn words(error: &io::Error) -> Option<String> {
    of_tls(error).map(in_words)
}

/// The same error, saying what it means and what to do, where it is one of TLS.
pub(crate) fn explain(error: io::Error) -> io::Error {
    let Some(source) = of_tls(&error) else { return error };
    let (words, source) = (in_words(source), source.clone());
    io::Error::new(error.kind(), Explained { words, source })
}

/// Whether the server refused this client before it listened to any call. Such an alert belongs to the
/// handshake, also where it comes after its end on this side (RFC 8446, section 6.2).
pub(crate) fn is_refusal(error: &io::Error) -> bool {
    matches!(
        of_tls(error),
        Some(Error::AlertReceived(
            Alert::CertificateRequired
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::HandshakeFailure
                | Alert::DecryptError
        ))
    )
}

fn of_tls(error: &io::Error) -> Option<&Error> {
    let inner = error.get_ref()?;
    match inner.downcast_ref::<Explained>() {
        Some(explained) => Some(&explained.source),
        None => inner.downcast_ref(),
    }
}

fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(problem) => of_certificate(problem),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::PeerIncompatible(problem) => of_other_age(problem),
        Error::InvalidMessage(_) => {
            "what the server sent is no TLS; connect to the port where it speaks TLS, or without it: \
             by `tcp://`, `http://` or `ws://`"
                .to_owned()
        }
        Error::NoApplicationProtocol => NO_HTTP.to_owned(),
        error => format!("TLS failed: {error}"),
    }
}

const NO_HTTP: &str =
    "the server speaks no HTTP/1.1 here, which this client speaks over `https://` and `wss://`";

fn of_certificate(problem: &CertificateError) -> String {
    match problem {
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the server's certificate expired on {}, and by this machine's clock it is {}; the \
             server needs a new one",
            dates::in_words(*not_after),
            dates::in_words(*time),
        ),
        CertificateError::Expired => {
            "the server's certificate has expired; the server needs a new one".to_owned()
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the server's certificate is valid from {} on, and by this machine's clock it is {}; \
             look which of the two is wrong",
            dates::in_words(*not_before),
            dates::in_words(*time),
        ),
        CertificateError::NotValidYet => {
            "the server's certificate is not valid yet; look at this machine's clock".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is not for `{}` but for {}; connect by such a name, or say \
             which one to expect: `ClientTls::server_name`",
            expected.to_str(),
            names(presented),
        ),
        CertificateError::NotValidForName => {
            "the server's certificate is for another name; connect by a name that it has, or say \
             which one to expect: `ClientTls::server_name`"
                .to_owned()
        }
        // An authority of the same name, but with another kind of key, is another authority.
        CertificateError::UnknownIssuer
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate was issued by nobody whom this client trusts; give the \
             authority's certificate (`ClientTls::new().ca(\"ca.pem\")`), or trust this one \
             certificate by its fingerprint (`ClientTls::pin`)"
                .to_owned()
        }
        CertificateError::Revoked => "the server's certificate was revoked".to_owned(),
        CertificateError::BadSignature => {
            "the server's certificate is not signed by whom it says: another authority has the same \
             name; give the right one: `ClientTls::ca`"
                .to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the server's certificate is not one for servers; the server needs one that is".to_owned()
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<NotPinned>() {
            Some(other) => other.to_string(),
            // rustls has no name for it.
            None if other.0.to_string() == "CaUsedAsEndEntity" => {
                "the server's certificate is an authority's own (CA:TRUE), which may not be a \
                 server's; make one with CA:FALSE (`openssl req -x509 -addext \
                 basicConstraints=critical,CA:FALSE …`), or trust this one by its fingerprint: \
                 `ClientTls::pin`"
                    .to_owned()
            }
            None => format!(
                "the server's certificate cannot be taken: {}; the server needs another, or trust \
                 this one by its fingerprint: `ClientTls::pin`",
                other.0
            ),
        },
        problem => format!("the server's certificate cannot be taken: {problem}"),
    }
}

/// The names of a certificate: those that rustls found in it, `DnsName("a")` for one.
fn names(presented: &[String]) -> String {
    const SHOWN: usize = 8;
    let bare = |name: &String| match name.split_once('(') {
        Some((_, rest)) => rest.trim_end_matches(')').trim_matches('"').to_owned(),
        None => name.clone(),
    };
    let mut names: Vec<_> =
        presented.iter().take(SHOWN).map(|name| format!("`{}`", bare(name))).collect();
    match presented.len() {
        0 => return "no name at all".to_owned(),
        count if count > SHOWN => names.push(format!("{} more", count - SHOWN)),
        _ => {}
    }
    names.join(", ")
}

fn of_alert(alert: Alert) -> String {
    match alert {
        Alert::CertificateRequired => {
            "the server demands a certificate of its clients; give one: `ClientTls::certificate`"
                .to_owned()
        }
        Alert::UnknownCA => {
            "the server does not trust who issued this client's certificate; give one that it \
             trusts: `ClientTls::certificate`"
                .to_owned()
        }
        Alert::CertificateExpired => {
            "this client's certificate has expired; give a new one: `ClientTls::certificate`"
                .to_owned()
        }
        Alert::CertificateRevoked => {
            "this client's certificate was revoked; give a new one: `ClientTls::certificate`"
                .to_owned()
        }
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::AccessDenied
        | Alert::DecryptError => format!(
            "the server does not take this client's certificate, or wants one ({alert:?}); give \
             one that it takes: `ClientTls::certificate`"
        ),
        Alert::ProtocolVersion => VERSIONS.to_owned(),
        Alert::HandshakeFailure | Alert::InsufficientSecurity => format!(
            "the server and this client have no algorithms in common, or the server demands a \
             certificate of its clients (`ClientTls::certificate`): it said {alert:?}"
        ),
        Alert::UnrecognisedName => {
            "the server has no certificate for the name it was asked for; connect by another name, \
             or say one: `ClientTls::server_name`"
                .to_owned()
        }
        Alert::NoApplicationProtocol => NO_HTTP.to_owned(),
        alert => format!("the server ended the connection by the TLS alert {alert:?}"),
    }
}

const VERSIONS: &str = "the server and this client have no version of TLS in common; this client \
                        speaks 1.3 and 1.2, so the server needs one of them";

fn of_other_age(problem: &PeerIncompatible) -> String {
    match problem {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => VERSIONS.to_owned(),
        problem => format!("the server and this client have no way of TLS in common: {problem:?}"),
    }
}
