//! Callers are known by JSON Web Tokens, whose keys are in a file.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rpc_core::jwt::{Claims, Jwk, JwkSet, Jwt};
use rpc_core::protocol::code;
use rpc_core::{CallContext, Error, RpcClient, RpcServer, rpc_export};
use serde_json::{Value, json};
use tests::{AUDIENCE, Folder, Model, Signer, TOKEN_ISSUER, claims_but, claims_of, until};

/// A claim of the caller's token.
#[rpc_export]
fn claim(name: &str, context: &CallContext) -> Option<String> {
    context.identity()?.get::<Claims>()?.get(name)
}

#[rpc_export(allow = "bank:write")]
fn write_to_bank(context: &CallContext) -> Option<String> {
    context.identity().map(|identity| identity.name().to_owned())
}

/// Writes a file as those should be written that others read meanwhile.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

#[cfg(unix)]
mod in_all_models {
    use std::net::SocketAddr;

    use rpc_core::transport::Address;
    use tests::{FRAMINGS, HttpPeer, Peer, Served};

    use super::*;

    const MODELS: [&str; 6] =
        ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

    /// Runs a test with a server in each model, that takes the tokens of whoever is in the file.
    fn each(file: &Path, test: impl Fn(&str, SocketAddr)) {
        for model in MODELS {
            let options = format!("--model {model} --identities {}", file.display());
            let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
            let Address::Tcp(address) = server.address() else { panic!("no TCP") };
            test(model, address);
        }
    }

    const WHOAMI: &str = r#"{"jsonrpc":"2.0","method":"whoami","id":1}"#;

    /// What a connection is told that greets with a token, and then asks who it is.
    fn greet(address: SocketAddr, token: &str) -> [Value; 2] {
        let mut peer = Peer::connect(address, FRAMINGS[0]);
        let said = format!("Bearer {token}");
        let greeting =
            json!({"jsonrpc": "2.0", "method": "rpc.authenticate", "params": [said], "id": 1});
        [greeting.to_string().as_str(), WHOAMI]
            .map(|call| serde_json::from_str(&peer.ask(call)).unwrap())
    }

    #[test]
    fn a_header_and_a_greeting_say_who_calls() {
        let folder = Folder::new();
        let signers = [Signer::rsa("r"), Signer::ec("e"), Signer::ed("d")];
        let file = folder.file("jwks.json");
        replace(&file, &Signer::set(&signers.each_ref()));
        each(&file, |model, address| {
            for signer in &signers {
                let token = signer.token(&claims_of("ada", 300.0));
                for answer in greet(address, &token) {
                    assert_eq!(answer["result"], "ada", "{model}: {answer}");
                }
                let mut peer = HttpPeer::connect(address);
                for _ in 0..2 {
                    let headers = format!(
                        "Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
                    );
                    let answer = peer.exchange(&HttpPeer::post(&headers, WHOAMI));
                    assert_eq!(answer.status, 200, "{model}: {answer:?}");
                    assert!(answer.body.contains("\"ada\""), "{model}: {answer:?}");
                }
            }
        });
    }

    #[test]
    fn what_is_wrong_is_refused_and_said_without_the_token() {
        let folder = Folder::new();
        let (ec, rsa, stranger) = (Signer::ec("e"), Signer::rsa("r"), Signer::ec("unknown"));
        let file = folder.file("jwks.json");
        replace(&file, &Signer::set(&[&ec, &rsa]));
        let good = claims_of("ada", 300.0);
        let header = |more: Value| {
            let mut header = json!({"alg": "ES256", "kid": "e"});
            header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            header
        };
        let public = rsa.jwk().to_string();
        let impostor = Signer::ec("e");
        let unsigned = ec.token_with(&header(json!({"alg": "none"})), &good);
        let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
        let wrong = [
            (ec.token(&claims_but("iss", "https://eve.example/".into())), "issuer"),
            (ec.token(&claims_but("aud", "other".into())), "audience"),
            (ec.token(&claims_but("exp", Value::Null)), "`exp`"),
            (ec.token(&claims_but("nbf", json!(4_000_000_000_u64))), "`nbf`"),
            (ec.token(&claims_of("ada", -300.0)), "expired"),
            (unsigned, "signed in another way"),
            (rsa.forged(public.as_bytes(), &good), "signed in another way"),
            (ec.token_with(&header(json!({"kid": "r"})), &good), "than its key is for"),
            (ec.token_with(&header(json!({"crit": ["x"], "x": 1})), &good), "`crit`"),
            (stranger.token(&good), "`kid`"),
            (impostor.token_with(&header(json!({"jwk": impostor.jwk()})), &good), "signature"),
            (impostor.token(&good), "signature"),
        ];
        each(&file, |model, address| {
            for (token, why) in &wrong {
                let [answer, next] = greet(address, token);
                assert_eq!(answer["error"]["code"], code::UNAUTHENTICATED, "{model}: {answer}");
                assert_eq!(next["error"]["code"], code::UNAUTHENTICATED, "{model}: {next}");
                let said = answer["error"]["message"].as_str().unwrap();
                assert!(said.contains(why), "{model}: {said}, not {why}");
                assert_eq!(answer["error"]["data"]["expired"] == true, *why == "expired");
                let parts = token.split('.').filter(|part| !part.is_empty());
                assert!(parts.into_iter().all(|part| !answer.to_string().contains(part)));

                let headers =
                    format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
                let answer = HttpPeer::connect(address).exchange(&HttpPeer::post(&headers, WHOAMI));
                assert_eq!(answer.status, 401, "{model}: {answer:?}");
                assert!(answer.body.contains(why), "{model}: {answer:?}");
            }
        });
    }

    #[test]
    fn keys_that_are_changed_count_at_once_in_every_process() {
        let folder = Folder::new();
        let file = folder.file("jwks.json");
        let (old, new) = (Signer::ec("old"), Signer::ed("newer"));
        replace(&file, &Signer::set(&[&old]));
        each(&file, |model, address| {
            let name = |signer: &Signer| {
                let [answer, _] = greet(address, &signer.token(&claims_of("ada", 300.0)));
                answer["result"].as_str().map(str::to_owned)
            };
            let ada = Some("ada".to_owned());
            for _ in 0..4 {
                assert_eq!([name(&old), name(&new)], [ada.clone(), None], "{model}");
            }
            replace(&file, &Signer::set(&[&old, &new]));
            for _ in 0..4 {
                assert_eq!([name(&old), name(&new)], [ada.clone(), ada.clone()], "{model}");
            }
            replace(&file, &Signer::set(&[&new]));
            for _ in 0..4 {
                assert_eq!([name(&old), name(&new)], [None, ada.clone()], "{model}");
            }
            replace(&file, "half a fi");
            for _ in 0..4 {
                assert_eq!(name(&old), None, "{model}");
                // A process that has not read the last good file does not fall back to an earlier one.
                let [answer, _] = greet(address, &new.token(&claims_of("ada", 300.0)));
                let is_known = answer["result"] == "ada";
                let cannot_read = answer["error"]["code"] == code::OVERLOADED;
                let expected = match model {
                    "fork" => cannot_read,
                    "prefork" | "prefork-event-loop" => is_known || cannot_read,
                    _ => is_known,
                };
                assert!(expected, "{model}: {answer}");
            }
            replace(&file, &Signer::set(&[&old]));
        });
    }
}

#[test]
fn functions_find_the_claims_and_ask_for_scopes() {
    let signer = Signer::ed("d");
    let key = Jwk::from_json(&signer.jwk().to_string()).unwrap();
    for model in Model::ALL {
        let tokens = Jwt::new(TOKEN_ISSUER, AUDIENCE).key(key.clone()).scopes_from("roles");
        let server = model.start(RpcServer::exported().authenticate(tokens));
        let mut claims = claims_of("ada", 300.0);
        claims["email"] = "ada@example.com".into();
        claims["roles"] = json!(["bank:write"]);
        for (claims, may) in [(&claims, true), (&claims_of("bob", 300.0), false)] {
            let builder = RpcClient::builder().bearer(signer.token(claims));
            let client = builder.connect(server.address()).unwrap();
            let email = client.claim("email").call().unwrap();
            assert_eq!(email.as_deref(), may.then_some("ada@example.com"), "{model:?}");
            let written = client.write_to_bank().call();
            let refused = written.as_ref().err().and_then(Error::code);
            assert_eq!(refused, (!may).then_some(code::UNAUTHORISED), "{model:?}");
        }
    }
}

#[test]
fn tokens_that_expire_are_renewed_by_a_client() {
    let signer = Arc::new(Signer::ed("d"));
    let key = Jwk::from_json(&signer.jwk().to_string()).unwrap();
    for model in Model::CONCURRENT {
        let tokens = Jwt::new(TOKEN_ISSUER, AUDIENCE).key(key.clone()).leeway(Duration::ZERO);
        let server = model.start(RpcServer::exported().authenticate(tokens));
        for scheme in ["tcp", "ws", "http"] {
            let (signer, asked) = (Arc::clone(&signer), Arc::<AtomicUsize>::default());
            let count = Arc::clone(&asked);
            let builder = RpcClient::builder().credentials(move || {
                count.fetch_add(1, Ordering::SeqCst);
                Ok(format!("Bearer {}", signer.token(&claims_of("ada", 1.0))))
            });
            let client = builder.connect(format!("{scheme}://{}", server.address())).unwrap();
            let begun = Instant::now();
            while asked.load(Ordering::SeqCst) < 2 {
                let name = client.claim("sub").call().unwrap();
                assert_eq!(name.as_deref(), Some("ada"), "{scheme} {model:?}");
                assert!(begun.elapsed() < Duration::from_secs(30));
            }
        }
    }
}

#[test]
fn a_file_that_cannot_be_used_any_more_is_said_and_changes_nothing() {
    let (folder, signer) = (Folder::new(), Signer::ec("e"));
    let file = folder.file("jwks.json");
    replace(&file, &Signer::set(&[&signer]));
    let said = Arc::<Mutex<Vec<String>>>::default();
    let log = Arc::clone(&said);
    let tokens = Jwt::new(TOKEN_ISSUER, AUDIENCE).keys(JwkSet::from_file(&file).unwrap());
    let server = RpcServer::exported()
        .authenticate(tokens)
        .log(move |line| log.lock().unwrap().push(line.to_owned()));
    let server = Model::ThreadPerConnection.start(server);
    let name = || {
        let builder = RpcClient::builder().bearer(signer.token(&claims_of("ada", 300.0)));
        builder.connect(server.address()).unwrap().claim("sub").call().unwrap()
    };
    assert_eq!(name().as_deref(), Some("ada"));
    assert!(said.lock().unwrap().is_empty());
    fs::remove_file(&file).unwrap();
    until("it is said", || {
        assert_eq!(name().as_deref(), Some("ada"));
        !said.lock().unwrap().is_empty()
    });
    let line = said.lock().unwrap()[0].clone();
    assert!(line.contains("jwks.json") && line.contains("those before stay"), "{line}");
    replace(&file, &Signer::set(&[&signer]));
    assert_eq!(name().as_deref(), Some("ada"));
}

#[test]
fn a_server_that_could_take_no_token_does_not_start() {
    let start = |tokens| RpcServer::exported().authenticate(tokens).bind("127.0.0.1:0");
    let said = start(Jwt::new(TOKEN_ISSUER, AUDIENCE)).unwrap_err().to_string();
    assert!(said.contains("there is no key") && said.contains("JwkSet::from_file"), "{said}");
    let said = JwkSet::from_file("no/such/jwks.json").unwrap_err().to_string();
    assert!(said.contains("no/such/jwks.json"), "{said}");
}
