//! Keys from an address are fetched by one for all processes of a server, in every model.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::protocol::code;
use rpc_core::transport::Address;
use serde_json::{Value, json};
use tests::{
    FRAMINGS, KeyServer, Peer, Process, Says, Served, Signer, claims_but, claims_of, until,
};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// Those that make processes.
const FORKING: [&str; 3] = ["fork", "prefork", "prefork-event-loop"];

/// Runs a test with a server in each of these models, all at the same time, and a server of keys for each.
fn each(
    models: &[&str],
    keys: &Says,
    options: &str,
    test: impl Fn(&str, &mut Served, &KeyServer) + Sync,
) {
    thread::scope(|scope| {
        for model in models {
            let (test, keys) = (&test, keys.clone());
            scope.spawn(move || {
                let keys = KeyServer::start(keys);
                let options = format!("--model {model} --identities {} {options}", keys.url());
                let mut server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                test(model, &mut server, &keys);
            });
        }
    });
}

fn keys(signers: &[&Signer]) -> Says {
    Says::Keys(Signer::set(signers))
}

/// What a new connection is told that greets with a token.
fn greet(server: &Served, token: &str) -> Value {
    let Address::Tcp(address) = server.address() else { panic!("no TCP") };
    greet_at(address, token)
}

fn greet_at(address: SocketAddr, token: &str) -> Value {
    let mut peer = Peer::connect(address, FRAMINGS[0]);
    let said = format!("Bearer {token}");
    let greeting =
        json!({"jsonrpc": "2.0", "method": "rpc.authenticate", "params": [said], "id": 1});
    serde_json::from_str(&peer.ask(&greeting.to_string())).unwrap()
}

fn is_ada(answer: &Value) -> bool {
    answer["result"] == "ada"
}

fn ada(signer: &Signer) -> String {
    signer.token(&claims_of("ada", 300.0))
}

#[test]
fn a_key_that_is_not_known_is_fetched_once_for_all() {
    let (old, new, stranger) = (Signer::ec("old"), Signer::ed("new"), Signer::ec("stranger"));
    each(&MODELS, &keys(&[&old]), "", |model, server, keys_at| {
        let begun = Instant::now();
        for _ in 0..4 {
            assert!(is_ada(&greet(server, &ada(&old))), "{model}");
            // Those are wrong whoever has signed them.
            for claims in [claims_of("ada", -300.0), claims_but("iss", "https://other/".into())] {
                let answer = greet(server, &new.token(&claims));
                assert_eq!(answer["error"]["code"], code::UNAUTHENTICATED, "{model}: {answer}");
            }
        }
        assert_eq!(keys_at.asked(), 1, "{model}");
        keys_at.say(keys(&[&old, &new]));
        let answer = greet(server, &ada(&new));
        assert_eq!(answer["error"]["code"], code::OVERLOADED, "{model}: {answer}");
        assert_eq!(answer["error"]["data"]["retry_after_ms"], 1000, "{model}: {answer}");
        until("the new key is known", || is_ada(&greet(server, &ada(&new))));
        for _ in 0..6 {
            assert!(is_ada(&greet(server, &ada(&old))), "{model}");
            assert!(is_ada(&greet(server, &ada(&new))), "{model}");
            let answer = greet(server, &ada(&stranger));
            let is_soon = begun.elapsed() < Duration::from_secs(20);
            assert!(
                !is_soon || answer["error"]["code"] == code::UNAUTHENTICATED,
                "{model}: {answer}"
            );
            assert!(!is_soon || keys_at.asked() == 2, "{model}: {}", keys_at.asked());
        }
    });
}

#[test]
fn keys_change_with_time_and_are_stale_when_they_cannot_be_fetched_for_long() {
    let (old, new) = (Signer::ec("old"), Signer::ed("new"));
    let options = "--keys-every-ms 1000 --keys-for-ms 5000";
    each(&MODELS, &keys(&[&old]), options, |model, server, keys_at| {
        assert!(is_ada(&greet(server, &ada(&old))), "{model}");
        keys_at.say(keys(&[&new]));
        until("the old key is gone", || {
            greet(server, &ada(&old))["error"]["code"] == code::UNAUTHENTICATED
        });
        for _ in 0..4 {
            assert!(is_ada(&greet(server, &ada(&new))), "{model}");
        }
        keys_at.say(Says::Bytes(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec()));
        let asked = keys_at.asked();
        until("it was tried in vain", || keys_at.asked() > asked);
        until("the keys are stale", || {
            let answer = greet(server, &ada(&new));
            let is_stale =
                answer["error"]["message"].as_str().is_some_and(|said| said.contains("stale"));
            assert!(is_stale || is_ada(&answer), "{model}: {answer}");
            is_stale
        });
        let answer = greet(server, &ada(&new));
        assert_eq!(answer["error"]["code"], code::OVERLOADED, "{model}: {answer}");
        assert!(answer["error"]["data"]["retry_after_ms"].is_u64(), "{model}: {answer}");
        keys_at.say(keys(&[&new]));
        until("the keys are there again", || is_ada(&greet(server, &ada(&new))));
    });
}

/// The process that fetches, of a server that nobody is connected to: the first that was made.
fn tender(server: &Served) -> Process {
    let mut tender = None;
    until("it is there", || {
        tender = server.children().first().copied();
        tender.is_some()
    });
    tender.unwrap()
}

#[test]
fn whoever_fetches_is_replaced_and_ends_with_the_server() {
    let (old, new) = (Signer::ec("old"), Signer::ed("new"));
    each(&FORKING, &keys(&[&old]), "--keys-every-ms 1000", |model, server, keys_at| {
        let first = tender(server);
        let count = server.children().len();
        assert!(is_ada(&greet(server, &ada(&old))), "{model}");
        first.signal("KILL");
        until("another is there", || {
            let children = server.children();
            !children.contains(&first) && children.len() >= count
        });
        keys_at.say(keys(&[&new]));
        until("the new key is known", || is_ada(&greet(server, &ada(&new))));
        let children = server.children();
        let supervisor = server.process();
        supervisor.signal(if model == "fork" { "KILL" } else { "TERM" });
        server.wait();
        until("all have ended", || {
            children.iter().all(|child| !child.exists() || child.is_zombie())
        });
    });
}
