//! Tokens of the standards' examples, changed tokens, and what tokens say.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_eddsa_type;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::Signer;
use serde_json::{Value, json};

use crate::error::Error;
use crate::protocol::base64;
use crate::registry::{Authenticate, Identity, Unauthenticated};

use super::super::{Claims, Jwk, JwkSet};
use super::{Jwt, Token};

/// RFC 7515, A.2.
const RSA: &str = concat!(
    r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1"#,
    "Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTB",
    r#"EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#
);
const BY_RSA: &str = concat!(
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYN",
    "X4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7no",
    "OPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
);

/// RFC 7515, A.3.
const EC: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const BY_EC: &str = concat!(
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
);

/// RFC 8037, A.2 and A.4, whose payload is no JSON.
const ED: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const BY_ED: &str = concat!(
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.",
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
);

fn key(json: &str) -> Jwk {
    Jwk::from_json(json).unwrap()
}

fn jwt(json: &str) -> Jwt {
    Jwt::new("joe", "my-api").key(key(json))
}

/// What a token says that is signed as it should be.
fn signed(jwt: &Jwt, token: &str) -> Result<Vec<u8>, Unauthenticated> {
    let token = Token::read(token)?;
    jwt.check_signature(&token, now())?;
    token.payload()
}

#[test]
fn the_examples_of_the_standards() {
    let joe: &[u8] =
        b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    for (key, token, says) in
        [(RSA, BY_RSA, joe), (EC, BY_EC, joe), (ED, BY_ED, b"Example of Ed25519 signing")]
    {
        assert_eq!(signed(&jwt(key), token).unwrap(), says);
        for other in [RSA, EC, ED].into_iter().filter(|other| *other != key) {
            let said = signed(&jwt(other), token).unwrap_err().to_string();
            assert!(said.contains("in another way than its key is for"), "{said}");
        }
    }
}

#[test]
fn every_change_of_a_byte_is_refused() {
    for (key, token) in [(RSA, BY_RSA), (EC, BY_EC), (ED, BY_ED)] {
        let jwt = jwt(key);
        for place in 0..token.len() {
            let (before, after) = (&token[..place], &token[place + 1..]);
            assert!(signed(&jwt, &format!("{before}{after}")).is_err(), "{place} left out");
            let byte = token.as_bytes()[place];
            // Of the longest one, which takes half a minute otherwise, every bit and what stands between parts.
            let few = [0, 1, 2, 3, 4, 5, 6].map(|bit| byte ^ 1 << bit).into_iter().chain(*b".=A_");
            let all = 0..128;
            let others: Vec<u8> = if key == RSA { few.collect() } else { all.collect() };
            for byte in others.into_iter().filter(|other| *other != byte) {
                let changed = format!("{before}{}{after}", char::from(byte));
                assert!(signed(&jwt, &changed).is_err(), "{place} is {byte}");
            }
        }
        for more in ["A", "=", ".", "..", " ", "\0", "é"] {
            assert!(signed(&jwt, &format!("{token}{more}")).is_err(), "{more}");
            assert!(signed(&jwt, &format!("{more}{token}")).is_err(), "{more}");
        }
    }
}

const NOW: u64 = 1_800_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn base64url(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// The key of RFC 8037, A.1.
static SIGNER: LazyLock<Box<dyn Signer>> = LazyLock::new(|| {
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    any_eddsa_type(&key).unwrap().choose_scheme(&[SignatureScheme::ED25519]).unwrap()
});

/// A token whose signature is right.
fn token(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let signature = SIGNER.sign(message.as_bytes()).unwrap();
    format!("{message}.{}", base64url(&signature))
}

const HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT"}"#;

/// Claims that are right but for these, of which null takes one away.
fn claims(changed: &Value) -> String {
    let mut claims =
        json!({"iss": "joe", "aud": "my-api", "sub": "ada", "exp": NOW + 300, "iat": NOW});
    for (name, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims.to_string()
}

fn judged(jwt: &Jwt, changed: &Value) -> Result<Identity, Unauthenticated> {
    jwt.judge(&token(HEADER, &claims(changed)), now())
}

#[track_caller]
fn refused(judged: Result<Identity, Unauthenticated>, why: &str) {
    let refusal = judged.unwrap_err();
    assert!(refusal.reason().contains(why) && !refusal.is_expired(), "{refusal}, not {why}");
}

#[test]
fn an_identity_is_made_of_claims() {
    let changed = json!({"scope": "bank:read  bank:write ", "email": "ada@example.com", "n": 7});
    let ada = judged(&jwt(ED), &changed).unwrap();
    assert_eq!(ada.name(), "ada");
    assert_eq!(ada.all_scopes().collect::<Vec<_>>(), ["bank:read", "bank:write"]);
    assert_eq!(ada.expires(), Some(now() + Duration::from_secs(360)));
    let claims = ada.get::<Claims>().unwrap();
    assert_eq!(claims.get::<String>("email").as_deref(), Some("ada@example.com"));
    assert_eq!((claims.get("n"), claims.get::<String>("n")), (Some(7), None));
    assert!(claims.names().any(|name| name == "iat"));
    assert!(!format!("{claims:?} {ada:?}").contains("example.com"));
}

#[test]
fn names_and_scopes_come_from_the_claims_that_were_named() {
    let changed = json!({"email": "ada@example.com", "roles": ["a", "b c"], "scp": ["s"]});
    let ada = judged(&jwt(ED).name_from("email").scopes_from("roles"), &changed).unwrap();
    assert_eq!(ada.name(), "ada@example.com");
    assert_eq!(ada.all_scopes().collect::<Vec<_>>(), ["a", "b c"]);
    let scopes = |changed: Value| {
        judged(&jwt(ED), &changed).map(|ada| ada.all_scopes().collect::<Vec<_>>().join(","))
    };
    assert_eq!(scopes(json!({})).unwrap(), "");
    assert_eq!(scopes(json!({"scp": "a b"})).unwrap(), "a,b");
    assert_eq!(scopes(json!({"scp": ["a", "b"]})).unwrap(), "a,b");
    assert_eq!(scopes(json!({"scope": "", "scp": "a", "roles": ["b"]})).unwrap(), "");
    for odd in [json!(7), json!([7]), json!({"a": true})] {
        refused(judged(&jwt(ED), &json!({"scope": odd})), "`scope`");
    }
    refused(judged(&jwt(ED).name_from("email"), &json!({})), "`email`");
    refused(judged(&jwt(ED).name_from("email"), &json!({"email": ["ada"]})), "`email`");
}

#[test]
fn tokens_of_others_for_others_and_without_an_end_are_refused() {
    for (changed, why) in [
        (json!({"iss": null}), "`iss`"),
        (json!({"iss": "joe/"}), "`iss`"),
        (json!({"iss": ["joe"]}), "`iss`"),
        (json!({"aud": null}), "`aud`"),
        (json!({"aud": "my-api2"}), "`aud`"),
        (json!({"aud": []}), "`aud`"),
        (json!({"aud": ["other", 7, "my-api"]}), "`aud`"),
        (json!({"aud": {"my-api": true}}), "`aud`"),
        (json!({"sub": null}), "`sub`"),
        (json!({"sub": ""}), "`sub`"),
        (json!({"sub": 7}), "`sub`"),
        (json!({"exp": null}), "`exp`"),
        (json!({"exp": (NOW + 9).to_string()}), "`exp`"),
        (json!({"exp": -1}), "`exp`"),
        (json!({"exp": 1e300}), "`exp`"),
        (json!({"nbf": "now"}), "`nbf`"),
        (json!({"nbf": NOW + 61}), "`nbf`"),
        (json!({"iat": true}), "`iat`"),
        (json!({"iat": NOW + 61}), "`iat`"),
    ] {
        refused(judged(&jwt(ED), &changed), why);
    }
    for changed in [
        json!({"aud": ["other", "my-api"]}),
        json!({"iat": null}),
        json!({"nbf": NOW + 60, "iat": NOW + 60}),
        json!({"exp": 1_799_999_940.5}),
    ] {
        assert!(judged(&jwt(ED), &changed).is_ok(), "{changed}");
    }
}

#[test]
fn what_has_expired_says_so_and_only_where_all_else_is_right() {
    let over = json!({"exp": NOW - 60});
    assert!(judged(&jwt(ED), &over).unwrap_err().is_expired());
    assert!(judged(&jwt(ED).leeway(Duration::from_secs(61)), &over).is_ok());
    assert!(
        judged(&jwt(ED).leeway(Duration::ZERO), &json!({"exp": NOW})).unwrap_err().is_expired()
    );
    refused(judged(&jwt(ED), &json!({"exp": NOW - 60, "iss": "eve"})), "`iss`");
    let changed = token(HEADER, &claims(&over)).replace(".ey", ".eyA");
    refused(jwt(ED).judge(&changed, now()), "token");
}

#[test]
fn a_header_decides_nothing() {
    let good = claims(&json!({}));
    for (header, why) in [
        (r#"{"alg":"none"}"#, "another way"),
        (r#"{"alg":"HS256"}"#, "another way"),
        (r#"{"alg":"RS512"}"#, "another way"),
        (r#"{"alg":"eddsa"}"#, "another way"),
        (r#"{"alg":["EdDSA"]}"#, "another way"),
        (r#"{"typ":"JWT"}"#, "another way"),
        (r#"{"alg":"RS256"}"#, "its key is for"),
        (r#"{"alg":"EdDSA","alg":"EdDSA"}"#, "distinct"),
        (r#"["EdDSA"]"#, "distinct"),
        (r#"{"alg":"EdDSA","crit":[]}"#, "`crit`"),
        (r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#, "`crit`"),
        (r#"{"alg":"EdDSA","kid":7}"#, "`kid`"),
    ] {
        refused(jwt(ED).judge(&token(header, &good), now()), why);
    }
    // Whatever key or address of one stands there, the server's own is what counts.
    let foreign = format!(
        r#"{{"alg":"EdDSA","jwk":{EC},"jku":"https://eve.example/","x5u":"https://eve.example/"}}"#
    );
    assert!(jwt(ED).judge(&token(&foreign, &good), now()).is_ok());
    refused(jwt(RSA).judge(&token(&foreign, &good), now()), "its key is for");
    assert!(jwt(ED).judge(&token(r#"{"alg":"Ed25519"}"#, &good), now()).is_ok());
    let odd = token(HEADER, &good.replace("\"sub\"", "\"sub\":\"eve\",\"sub\""));
    refused(jwt(ED).judge(&odd, now()), "distinct");
    let long = token(HEADER, &claims(&json!({"padding": "x".repeat(13 << 10)})));
    refused(jwt(ED).judge(&long, now()), "16 KiB");
    for (text, why) in [
        ("", "three parts"),
        ("a.b", "three parts"),
        ("a.b.c.d.e", "three parts"),
        ("..", "distinct"),
        ("a.b.c", "base64url"),
    ] {
        refused(jwt(ED).judge(text, now()), why);
    }
    let unsigned = format!("{}.{}.", base64url(br#"{"alg":"EdDSA"}"#), base64url(good.as_bytes()));
    refused(jwt(ED).judge(&unsigned, now()), "signature is wrong");
}

#[test]
fn a_key_is_chosen_by_its_name_and_without_one_all_that_fit_are_tried() {
    let other = |n: u8| {
        let x = base64url(&[n; 32]);
        key(&format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{n}","x":"{x}"}}"#))
    };
    let good = claims(&json!({}));
    let named = token(r#"{"alg":"EdDSA","kid":"right"}"#, &good);
    let unnamed = token(HEADER, &good);
    let both = jwt(EC).key(other(1)).key(key(ED).with_id("right"));
    assert!(both.judge(&named, now()).is_ok());
    assert!(both.judge(&unnamed, now()).is_ok());
    let wrong = token(r#"{"alg":"EdDSA","kid":"1"}"#, &good);
    refused(both.judge(&wrong, now()), "signature is wrong");
    let unknown = token(r#"{"alg":"EdDSA","kid":"2"}"#, &good);
    refused(Jwt::new("joe", "my-api").key(other(1)).judge(&unknown, now()), "`kid`");
    // A key that has no name may be any.
    assert!(jwt(ED).judge(&unknown, now()).is_ok());

    let many = (0..8).fold(Jwt::new("joe", "my-api"), |jwt, n| jwt.key(other(n)));
    refused(many.judge(&unnamed, now()), "signature is wrong");
    let many = many.key(key(ED).with_id("right"));
    refused(many.judge(&unnamed, now()), "does not say with which");
    assert!(many.judge(&named, now()).is_ok());
}

#[test]
fn what_cannot_work_is_said_before_a_server_starts() {
    let said = |jwt: &Jwt| Error::from(jwt.check().unwrap_err()).to_string();
    assert!(said(&Jwt::new("joe", "my-api")).contains("there is no key"));
    assert!(said(&Jwt::new("", "my-api").key(key(ED))).contains("empty"));
    assert!(said(&Jwt::new("joe", "").key(key(ED))).contains("empty"));
    assert!(said(&jwt(ED).leeway(Duration::MAX)).contains("leeway"));
    assert!(jwt(ED).or(Jwt::new("eve", "")).check().is_err());
    jwt(ED).check().unwrap();
    let set = JwkSet::from_json(&format!(r#"{{"keys":[{RSA},{ED}]}}"#)).unwrap();
    assert!(judged(&Jwt::new("joe", "my-api").keys(set), &json!({})).is_ok());
}
