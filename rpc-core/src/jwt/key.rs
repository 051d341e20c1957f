//! A public key that tokens are checked with.

use std::fmt;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    PrivateKeyDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, alg_id,
};
use serde_json::Value;

use crate::error::{Error, Misuse};
use crate::protocol::base64;
use crate::transport::small_file;

use super::algorithm::Algorithm;
use super::der;
use super::json::{Members, members, text};
use super::problem::problem;

/// A public key that tokens are checked with (RFC 7517): RSA of 2048 bits or more for RS256, P-256 for ES256, Ed25519 for
/// EdDSA.
///
/// ```
/// use rpc_core::jwt::Jwk;
///
/// let key = Jwk::from_json(
///     r#"{"kty": "OKP", "crv": "Ed25519", "kid": "2026-11", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
/// )?;
/// assert_eq!(key.id(), Some("2026-11"));
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Jwk {
    id: Option<Box<str>>,
    algorithm: Algorithm,
    /// As the verifier takes it.
    key: Vec<u8>,
    verifier: &'static dyn SignatureVerificationAlgorithm,
}

impl Jwk {
    /// Reads a key from a PEM file that begins with `-----BEGIN PUBLIC KEY-----`: what `openssl pkey -in key.pem -pubout`
    /// writes.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or has something else, and where the key is of another kind or too short.
    pub fn from_pem(file: impl AsRef<Path>) -> Result<Self, Error> {
        let name = file.as_ref().display().to_string();
        let text = small_file::read(file.as_ref(), LONGEST)
            .map_err(|error| problem(format!("{name}: {error}")))?;
        Ok(Self::of_pem(&text, &name)?)
    }

    /// The same from a text.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn from_pem_text(text: &str) -> Result<Self, Error> {
        Ok(Self::of_pem(text.as_bytes(), "the key")?)
    }

    fn of_pem(pem: &[u8], name: &str) -> Result<Self, Misuse> {
        let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(pem) else {
            let instead = if PrivateKeyDer::from_pem_slice(pem).is_ok() {
                "it has a private key, which is its issuer's alone; give the public one: openssl pkey -in key.pem -pubout"
            } else {
                "it must have a text that begins with -----BEGIN PUBLIC KEY-----"
            };
            return Err(problem(format!("{name} has no public key: {instead}")));
        };
        let read = der::read_public_key(&key).ok_or("it is no public key");
        let read = read.and_then(|(algorithm, key)| {
            if algorithm.is(alg_id::RSA_ENCRYPTION) {
                let [n, e] = der::read_two_numbers(key).ok_or("it is no RSA key")?;
                Ok((Algorithm::Rs256, rsa(n, e)?))
            } else if algorithm.is(alg_id::ECDSA_P256) {
                Ok((Algorithm::Es256, key.to_vec()))
            } else if algorithm.is(alg_id::ED25519) {
                Ok((Algorithm::EdDsa, key.to_vec()))
            } else {
                Err(KINDS)
            }
        });
        let key = read.and_then(|(algorithm, key)| Self::new(None, algorithm, key));
        key.map_err(|why| problem(format!("{name} has no key that can be used: {why}")))
    }

    /// Reads a key from the JSON that it is in (RFC 7517, section 4).
    ///
    /// # Errors
    ///
    /// Where it is no such text, is a private key, and where the key is of another kind or too short.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let read = members(json.as_bytes()).ok_or("it is no JSON object with distinct members");
        let read = read.and_then(|members| Self::of(&members));
        Ok(read.map_err(|why| problem(format!("the key cannot be used: {why}")))?)
    }

    /// Takes a key's members, or says why it cannot be used.
    pub(super) fn of(members: &Members) -> Result<Self, &'static str> {
        if members.contains_key("d") || members.contains_key("k") {
            return Err("it is a secret, which is its issuer's alone; take the public key");
        }
        if members.get("use").is_some_and(|usage| usage != "sig") {
            return Err("its `use` is not `sig`");
        }
        if let Some(operations) = members.get("key_ops") {
            let verifies = |array: &Vec<Value>| array.iter().any(|name| name == "verify");
            if !operations.as_array().is_some_and(verifies) {
                return Err("its `key_ops` lack `verify`");
            }
        }
        let bytes = |name| {
            let decoded = text(members, name).and_then(base64::decode_url);
            decoded.ok_or("a number of it is missing, or is not in base64url")
        };
        let (algorithm, key) = match (text(members, "kty"), text(members, "crv")) {
            (Some("RSA"), _) => (Algorithm::Rs256, rsa(&bytes("n")?, &bytes("e")?)?),
            (Some("EC"), Some("P-256")) => {
                let [x, y] = [bytes("x")?, bytes("y")?];
                if x.len() != 32 || y.len() != 32 {
                    return Err("`x` and `y` have 32 bytes each");
                }
                (Algorithm::Es256, [&[UNCOMPRESSED], &x[..], &y].concat())
            }
            (Some("OKP"), Some("Ed25519")) => (Algorithm::EdDsa, bytes("x")?),
            _ => return Err(KINDS),
        };
        if let Some(name) = members.get("alg")
            && name.as_str().and_then(Algorithm::of) != Some(algorithm)
        {
            return Err("its `alg` is another one than RS256, ES256 or EdDSA, or not of its kind");
        }
        let id = match members.get("kid") {
            Some(Value::String(id)) => Some(id.as_str().into()),
            Some(_) => return Err("its `kid` is no text"),
            None => None,
        };
        Self::new(id, algorithm, key)
    }

    fn new(id: Option<Box<str>>, algorithm: Algorithm, key: Vec<u8>) -> Result<Self, &'static str> {
        match algorithm {
            Algorithm::Es256 if key.len() != 65 || key[0] != UNCOMPRESSED => {
                return Err("a key of P-256 is written as both of its coordinates");
            }
            Algorithm::EdDsa if key.len() != 32 => return Err("a key of Ed25519 has 32 bytes"),
            _ => {}
        }
        let verifier = algorithm.verifier();
        let verifier =
            verifier.ok_or("the cryptography that was installed for rustls does not check it")?;
        Ok(Self { id, algorithm, key, verifier })
    }

    /// The same by this name: a token whose header has another `kid` is not checked with it.
    #[must_use]
    pub fn with_id(self, id: &str) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// Its name, which tokens say in their headers: `kid`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What tokens are signed with that it is for: `RS256`, `ES256` or `EdDSA`.
    pub fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Whether it is this key, by this name.
    #[cfg(feature = "http")]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let of = |key: &Self| (key.id.clone(), key.algorithm, key.key.clone());
        of(self) == of(other)
    }

    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm
    }

    /// Whether a signature, as a token has it, is of this message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = self.algorithm.signature(signature.to_vec());
        signature.is_some_and(|signature| {
            self.verifier.verify_signature(&self.key, message, &signature).is_ok()
        })
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Jwk");
        fields.field("id", &self.id).field("algorithm", &self.algorithm()).finish_non_exhaustive()
    }
}

/// What stands before the coordinates of a point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// A file with one key is not longer, in bytes.
const LONGEST: usize = 64 << 10;

const KINDS: &str = "it is of another kind than RSA, EC with P-256 and OKP with Ed25519";

/// An RSA key as the verifier takes it.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Vec<u8>, &'static str> {
    const BITS: [usize; 2] = [2048, 8192];
    let [modulus, exponent] = [modulus, exponent].map(der::without_zeros);
    let first = modulus.first().map_or(8, |byte| byte.leading_zeros() as usize);
    let bits = (modulus.len() * 8).saturating_sub(first);
    if bits < BITS[0] {
        return Err("an RSA key of less than 2048 bits is too short");
    }
    if bits > BITS[1] {
        return Err("an RSA key of more than 8192 bits is too long");
    }
    match exponent {
        [] | [0..3] | [_, _, _, _, _, ..] => Err("the exponent of the RSA key is out of range"),
        [.., last] if last % 2 == 0 => Err("the exponent of the RSA key is even"),
        _ => Ok(der::two_numbers(modulus, exponent)),
    }
}

#[cfg(test)]
mod tests {
    use super::Jwk;

    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    #[track_caller]
    fn refused(json: &str, why: &str) {
        let said = Jwk::from_json(json).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }

    #[test]
    fn keys_that_cannot_be_used_say_why() {
        // Bytes whose bits are all set.
        let n = |threes: usize| "_".repeat(threes * 4);
        for (json, why) in [
            ("", "no JSON object"),
            ("[]", "no JSON object"),
            (r#"{"kty":"OKP","kty":"RSA"}"#, "distinct"),
            ("{}", "another kind"),
            (r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}"#, "a secret"),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#, "a secret"),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, "32 bytes"),
            (r#"{"kty":"OKP","crv":"Ed25519","x":1}"#, "base64url"),
            (r#"{"kty":"OKP","crv":"Ed25519"}"#, "missing"),
            (r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, "another kind"),
            (r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, "another kind"),
            (r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "32 bytes"),
            (r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, "too short"),
            (r#"{"kty":"RSA","n":"","e":"AQAB"}"#, "too short"),
        ] {
            refused(json, why);
        }
        let rsa = |n: &str, e: &str| format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#);
        for of_2048_bits in [format!("{}_w", n(85)), format!("AAD_{}", n(85))] {
            let key = Jwk::from_json(&rsa(&of_2048_bits, "AQAB")).unwrap();
            assert_eq!(key.algorithm(), "RS256");
        }
        refused(&rsa(&format!("f___{}_w", n(84)), "AQAB"), "too short");
        refused(&rsa(&n(342), "AQAB"), "too long");
        for e in ["", "AQ", "AAAB", "Ag", "AQAC", "AQAAAAE"] {
            refused(&rsa(&n(86), e), "exponent");
        }
    }

    #[test]
    fn a_key_is_for_what_it_says() {
        let key = |more: &str| {
            Jwk::from_json(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"{more}}}"#))
        };
        for more in [
            "",
            r#","use":"sig""#,
            r#","alg":"ES256","kid":"a""#,
            r#","key_ops":["verify"],"x5u":"https://elsewhere.example/""#,
        ] {
            assert_eq!(key(more).unwrap().algorithm(), "ES256", "{more}");
        }
        for more in [
            r#","use":"enc""#,
            r#","use":1"#,
            r#","key_ops":["sign"]"#,
            r#","key_ops":"verify""#,
            r#","alg":"RS256""#,
            r#","alg":"HS256""#,
            r#","alg":null"#,
            r#","kid":7"#,
        ] {
            assert!(key(more).is_err(), "{more}");
        }
        assert_eq!(key("").unwrap().with_id("a").id(), Some("a"));
    }

    #[test]
    fn a_pem_text_is_told_by_what_is_in_it() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
        let key = Jwk::from_pem_text(pem).unwrap();
        assert_eq!((key.algorithm(), key.id()), ("EdDSA", None));
        let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        for (text, why) in [
            ("", "BEGIN PUBLIC KEY"),
            (private, "a private key"),
            (&pem.replace("MCow", "MCo/"), "no public key"),
            (&pem.replace("VwAyEA", "UwAyEA"), "another kind"),
        ] {
            let said = Jwk::from_pem_text(text).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
