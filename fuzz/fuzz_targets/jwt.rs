//! Whatever comes as a token, as claims that are signed, or as keys, ends in an identity that the claims are for, or in a refusal.

#![no_main]

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;
use ring::signature::{Ed25519KeyPair, KeyPair};
use rpc_core::identity::{Authenticate, Credentials, Identity};
use rpc_core::jwt::{Jwk, JwkSet, Jwt};
use serde_json::Value;

const HEADER: &[u8] = br#"{"alg":"EdDSA","kid":"a"}"#;

static SIGNER: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("32 bytes"));

static JWT: LazyLock<Jwt> = LazyLock::new(|| {
    let x = base64url(SIGNER.public_key().as_ref());
    let key = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}"#);
    Jwt::new("joe", "api").key(Jwk::from_json(&key).expect("a key"))
});

// The first byte says what the rest is.
fuzz_target!(|input: &[u8]| {
    let Some((&what, bytes)) = input.split_first() else { return };
    match (what % 5, str::from_utf8(bytes)) {
        (0, Ok(token)) => assert!(identify(token).is_none(), "nobody has signed {token}"),
        (1, _) => signed(HEADER, bytes),
        (2, _) => {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            signed(&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
        }
        (3, Ok(text)) => {
            for key in [Jwk::from_json(text), Jwk::from_pem_text(text)] {
                let Ok(key) = key else { continue };
                assert!(["RS256", "ES256", "EdDSA"].contains(&key.algorithm()));
                let jwt = Jwt::new("joe", "api").key(key.with_id("a"));
                let said = Credentials::said(format!("Bearer {}", token(HEADER, b"{}")));
                assert!(jwt.authenticate(&said).is_err());
            }
        }
        (4, Ok(text)) => drop(JwkSet::from_json(text)),
        _ => {}
    }
});

fn identify(token: &str) -> Option<Identity> {
    JWT.authenticate(&Credentials::said(format!("Bearer {token}"))).ok()
}

fn token(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims));
    format!("{message}.{}", base64url(SIGNER.sign(message.as_bytes()).as_ref()))
}

/// Whoever is known is whom the claims name, and the header says nothing else than the key.
fn signed(header: &[u8], claims: &[u8]) {
    let Some(identity) = identify(&token(header, claims)) else { return };
    let header: Value = serde_json::from_slice(header).expect("a header is JSON");
    assert!(header["alg"] == "EdDSA" || header["alg"] == "Ed25519");
    assert!(header.get("crit").is_none());
    let claims: Value = serde_json::from_slice(claims).expect("claims are JSON");
    assert_eq!((&claims["iss"], &claims["sub"]), (&"joe".into(), &identity.name().into()));
    let is_api = |name: &Value| name == "api";
    assert!(
        is_api(&claims["aud"])
            || claims["aud"].as_array().is_some_and(|all| all.iter().any(is_api))
    );
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("later than 1970").as_secs_f64();
    assert!(claims["exp"].as_f64().expect("an end") + 61.0 > now);
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
