//! An issuer of JSON Web Tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

/// Who issues the tokens.
pub const TOKEN_ISSUER: &str = "https://issuer.example/";

/// Whom they are for.
pub const AUDIENCE: &str = "my-api";

/// Signs tokens with one key.
pub struct Signer {
    key: Key,
    id: String,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
    Ed(Box<Ed25519KeyPair>),
}

impl Signer {
    /// One of RS256, whose key is always the same: to make another takes long.
    pub fn rsa(id: &str) -> Self {
        let key = PrivatePkcs8KeyDer::from_pem_slice(include_bytes!("rsa_key.pem")).unwrap();
        let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
        Self { key: Key::Rsa(Box::new(key)), id: id.to_owned() }
    }

    /// One of ES256, with a key of its own.
    pub fn ec(id: &str) -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap();
        Self { key: Key::Ec(Box::new(key)), id: id.to_owned() }
    }

    /// One of EdDSA, with a key of its own.
    pub fn ed(id: &str) -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap();
        Self { key: Key::Ed(Box::new(key)), id: id.to_owned() }
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        let id = &self.id;
        match &self.key {
            Key::Rsa(key) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
                let (n, e) = (base64url(&n), base64url(&e));
                json!({"kty": "RSA", "kid": id, "use": "sig", "n": n, "e": e})
            }
            Key::Ec(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = (base64url(&point[1..33]), base64url(&point[33..]));
                json!({"kty": "EC", "crv": "P-256", "kid": id, "alg": "ES256", "x": x, "y": y})
            }
            Key::Ed(key) => {
                let x = base64url(key.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x})
            }
        }
    }

    /// A set of public keys, as it is in a file.
    pub fn set(signers: &[&Self]) -> String {
        json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()}).to_string()
    }

    /// A token that says this.
    pub fn token(&self, claims: &Value) -> String {
        let algorithm = match &self.key {
            Key::Rsa(_) => "RS256",
            Key::Ec(_) => "ES256",
            Key::Ed(_) => "EdDSA",
        };
        self.token_with(&json!({"alg": algorithm, "typ": "JWT", "kid": self.id}), claims)
    }

    /// A token with this header.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let bytes = message.as_bytes();
        let signature = match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature).unwrap();
                signature
            }
            Key::Ec(key) => key.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec(),
            Key::Ed(key) => key.sign(bytes).as_ref().to_vec(),
        };
        format!("{message}.{}", base64url(&signature))
    }

    /// A token that is signed with what everybody knows, as if it were a secret.
    pub fn forged(&self, secret: &[u8], claims: &Value) -> String {
        let message = message(&json!({"alg": "HS256", "kid": self.id}), claims);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        format!("{message}.{}", base64url(hmac::sign(&key, message.as_bytes()).as_ref()))
    }
}

fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes())
    )
}

/// Claims of somebody for whom a token holds for so many seconds from now.
pub fn claims_of(name: &str, seconds: f64) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    json!({"iss": TOKEN_ISSUER, "aud": AUDIENCE, "sub": name, "exp": now + seconds})
}

/// The same claims but for one.
pub fn claims_but(name: &str, value: Value) -> Value {
    let mut claims = claims_of("ada", 300.0);
    claims[name] = value;
    claims
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(DIGITS[bits >> (18 - 6 * place) & 63]));
        }
    }
    text
}
