//! The algorithms that tokens are signed with, as the cryptography of TLS has them.

use std::sync::OnceLock;

use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{AlgorithmIdentifier, SignatureVerificationAlgorithm, alg_id};

use super::der;

/// An algorithm (RFC 7518, section 3.1, and RFC 8037), which is a key's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// That of a name in a token's header or a key's `alg`.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            // RFC 9864 gives it the second name.
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Whose keys it is for, and how signatures are told to be of it.
    fn identifiers(self) -> [AlgorithmIdentifier; 2] {
        match self {
            Self::Rs256 => [alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256],
            Self::Es256 => [alg_id::ECDSA_P256, alg_id::ECDSA_SHA256],
            Self::EdDsa => [alg_id::ED25519, alg_id::ED25519],
        }
    }

    /// What checks signatures of it: the process's own cryptography, if it has installed one for rustls; `None` where that
    /// does not know the algorithm.
    pub(super) fn verifier(self) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        static USUAL: OnceLock<WebPkiSupportedAlgorithms> = OnceLock::new();
        let known = match CryptoProvider::get_default() {
            Some(installed) => installed.signature_verification_algorithms,
            None => {
                *USUAL.get_or_init(|| ring::default_provider().signature_verification_algorithms)
            }
        };
        let is_it = |known: &&&'static dyn SignatureVerificationAlgorithm| {
            [known.public_key_alg_id(), known.signature_alg_id()] == self.identifiers()
        };
        known.all.iter().find(is_it).copied()
    }

    /// A signature as certificates have it, of one that a token has; `None` where it is none.
    pub(super) fn signature(self, signature: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Self::Rs256 => Some(signature),
            // Two numbers of 32 bytes each (RFC 7518, section 3.4).
            Self::Es256 => match signature.split_at_checked(32)? {
                (r, s) if s.len() == 32 => Some(der::two_numbers(r, s)),
                _ => None,
            },
            Self::EdDsa => (signature.len() == 64).then_some(signature),
        }
    }
}
