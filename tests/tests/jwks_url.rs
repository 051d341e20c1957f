//! Keys of JSON Web Tokens are fetched from an address.

#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rpc_core::identity::{Authenticate, Credentials};
use rpc_core::jwt::{JwkSet, JwksUrl, Jwt};
use rpc_core::protocol::code;
use rpc_core::tls::ClientTls;
use rpc_core::{CallContext, RpcClient, RpcServer, rpc_export};
use serde_json::Value;
use tests::{
    AUDIENCE, Authority, KeyServer, Model, Says, Signer, TOKEN_ISSUER, claims_but, claims_of, ok,
    until,
};

/// Whom a server knows its caller as.
#[rpc_export]
fn known_as(context: &CallContext) -> Option<String> {
    context.identity().map(|identity| identity.name().to_owned())
}

fn keys(signers: &[&Signer]) -> Says {
    Says::Keys(Signer::set(signers))
}

fn jwt(keys: JwkSet) -> Jwt {
    Jwt::new(TOKEN_ISSUER, AUDIENCE).keys(keys)
}

fn ada(signer: &Signer) -> String {
    signer.token(&claims_of("ada", 300.0))
}

/// Why keys cannot be had.
fn problem(server: &KeyServer) -> String {
    let url = server.url();
    let said = JwkSet::from_url(&url).unwrap_err().to_string();
    assert!(said.contains(&url), "{said} does not name {url}");
    said
}

#[test]
fn keys_that_cannot_be_had_at_the_start_are_said_with_what_came() {
    let signer = Signer::ec("e");
    let set = Signer::set(&[&signer]);
    let status = |line: &str| format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").into_bytes();
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".iter().copied().chain(vec![b' '; 2 << 20]).collect();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n".to_vec();
    let cases: [(Vec<u8>, &[&str]); 14] = [
        (status("500 Internal Server Error"), &["status 500"]),
        (status("404 Not Found"), &["status 404"]),
        (status("204 No Content"), &["status 204"]),
        (
            status("302 Found\r\nLocation: /other.json"),
            &["status 302", "/other.json", "not followed"],
        ),
        (ok("text/html; charset=utf-8", set.as_bytes()), &["no JSON", "text/html"]),
        (ok("application/json", b"{\"keys\":"), &["no JSON object"]),
        (ok("application/json", b"{\"keys\":[]}"), &["no key in it can be used"]),
        (ok("application/json", &vec![b' '; 2 << 20]), &["2097152 bytes", "1048576"]),
        (endless, &["1048576 is the most"]),
        (chunked, &["2097152 bytes", "1048576"]),
        (ok("application/json", set.as_bytes())[..100].to_vec(), &["ended before the response"]),
        (b"SSH-2.0-OpenSSH_9\r\n".to_vec(), &["SSH"]),
        (Vec::new(), &["ended before the response"]),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec(), &["another protocol"]),
    ];
    let server = KeyServer::start(keys(&[&signer]));
    JwkSet::from_url(server.url()).unwrap();
    for (bytes, words) in cases {
        server.say(Says::Bytes(bytes));
        let said = problem(&server);
        assert!(words.iter().all(|word| said.contains(word)), "{said}, not {words:?}");
    }
    server.say(keys(&[&signer]));
    let url = server.url();
    JwkSet::from_url(&url).unwrap();
    drop(server);
    let said = JwkSet::from_url(&url).unwrap_err().to_string();
    assert!(said.contains(&url) && said.contains("refused"), "{said}");
}

#[test]
fn a_server_that_takes_its_time_is_not_waited_for() {
    thread::scope(|scope| {
        for says in [Says::Nothing, Says::Drops] {
            scope.spawn(move || {
                let said = problem(&KeyServer::start(says));
                assert!(said.contains("no whole response within 10 s"), "{said}");
            });
        }
    });
}

#[test]
fn addresses_and_times_that_make_no_sense_are_refused_before_anything_is_fetched() {
    for (url, word) in [
        ("issuer.example", "begins with `https://`"),
        ("tcp://127.0.0.1:1", "begins with `https://`"),
        ("ftp://issuer.example/", "https://"),
        ("https://ada:s3cret@issuer.example/", "name and password"),
        ("https:///jwks.json", "names no host"),
        ("", "begins with `https://`"),
    ] {
        let said = JwkSet::from_url(url).unwrap_err().to_string();
        assert!(said.contains(word) && !said.contains("s3cret"), "{url:?}: {said}");
    }
    let second = Duration::from_secs(1);
    for (url, word) in [
        (JwksUrl::new("http://127.0.0.1:1").refresh_every(second / 2), "refresh_every"),
        (JwksUrl::new("http://127.0.0.1:1").keep_for(second), "keep_for"),
    ] {
        let said = url.fetch().unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn keys_come_over_tls_from_whom_is_trusted_alone() {
    let (authority, other, signer) = (Authority::new(), Authority::new(), Signer::ec("e"));
    let server = KeyServer::start_over_tls(
        keys(&[&signer]),
        &authority.issue("keys", "keys", &["localhost"]),
    );
    let trusting = |authority: &Authority| {
        let tls = ClientTls::new().ca(authority.file()).unwrap();
        JwksUrl::new(server.url()).tls(tls).fetch()
    };
    let jwt = jwt(trusting(&authority).unwrap());
    assert_eq!(server.asked(), 1);
    let _upkeep = jwt.upkeep();
    let said = format!("Bearer {}", ada(&signer));
    assert_eq!(jwt.authenticate(&Credentials::said(&said)).unwrap().name(), "ada");
    let said = trusting(&other).unwrap_err().to_string();
    assert!(said.contains("`ClientTls::ca`"), "{said}");
    let said = JwkSet::from_url(server.url().replace("https", "http")).unwrap_err().to_string();
    assert!(said.contains("http://localhost"), "{said}");
    assert_eq!(server.asked(), 1);
}

#[test]
fn who_fetches_ends_when_nobody_needs_it_and_is_missed_where_nobody_does() {
    let signer = Signer::ec("e");
    let server = KeyServer::start(keys(&[&signer]));
    let jwt = jwt(JwkSet::from_url(server.url()).unwrap());
    let said = format!("Bearer {}", ada(&signer));
    let missed = jwt.authenticate(&Credentials::said(&said)).unwrap_err();
    assert!(missed.reason().contains("`upkeep`"), "{missed}");
    let upkeep = jwt.upkeep();
    assert_eq!(upkeep.len(), 1);
    let threads: Vec<_> = upkeep.into_iter().map(|work| thread::spawn(move || work())).collect();
    jwt.authenticate(&Credentials::said(&said)).unwrap();
    drop(jwt);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(server.asked(), 1);
}

#[test]
fn over_a_network_nothing_is_asked_for_in_plain_text() {
    // An address of this machine by which others may reach it, if it has one.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let known = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr());
    let Some(own) = known.ok().map(|own| own.ip()).filter(|ip| !ip.is_loopback()) else {
        return println!("skipped: this machine has no address but that of itself");
    };
    let listener = TcpListener::bind((own, 0)).unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let said = JwkSet::from_url(&url).unwrap_err().to_string();
    assert!(said.contains(&url) && said.contains("`https://`"), "{said}");
    let (mut stream, _) = listener.accept().unwrap();
    assert!(!matches!(stream.read(&mut [0]), Ok(1..)));
}

/// What a server says in its log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn push(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }

    fn count(&self, word: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.contains(word)).count()
    }
}

#[test]
fn changes_and_failures_are_said_once() {
    let (old, new) = (Signer::ec("old"), Signer::ed("new\n"));
    let keys_at = KeyServer::start(keys(&[&old]));
    let set = JwksUrl::new(keys_at.url()).refresh_every(Duration::from_secs(1)).fetch().unwrap();
    let (lines, calls) = (Lines::default(), Lines::default());
    let (log, told) = (lines.clone(), calls.clone());
    let server = RpcServer::exported()
        .authenticate(jwt(set))
        .log(move |line| log.push(line))
        .on_call(move |call| told.push(&call.to_string()));
    let server = Model::ThreadPerConnection.start(server);
    keys_at.say(keys(&[&old, &new]));
    until("a new key is said", || lines.count(r"have changed: `new\n` came") == 1);
    keys_at.say(keys(&[&new]));
    until("an old key is said", || lines.count("`old` went") == 1);
    keys_at.say(Says::Bytes(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec()));
    until("a failure is said", || lines.count("status 503") == 1);
    let asked = keys_at.asked();
    until("it was tried again", || keys_at.asked() >= asked + 3);
    assert_eq!(lines.count("status 503"), 1, "{:?}", lines.0);
    assert_eq!(lines.count(&keys_at.url()), lines.0.lock().unwrap().len());
    keys_at.say(keys(&[&new]));
    until("its end is said", || lines.count("can be fetched again") == 1);

    let token = old.token(&claims_but("exp", Value::from(1)));
    let client = RpcClient::builder().bearer(&*token).connect(server.address());
    let refused = client.and_then(|client| client.known_as().call()).unwrap_err();
    assert_eq!(refused.code(), Some(code::UNAUTHENTICATED), "{refused}");
    until("the refusal is told", || calls.count("`kid`") >= 1);
    let parts: Vec<_> = token.split('.').collect();
    let told = calls.0.lock().unwrap().join("\n") + &lines.0.lock().unwrap().join("\n");
    assert!(parts.iter().all(|part| !told.contains(part)), "{told}");
}

#[test]
fn who_shows_a_key_that_is_being_fetched_guesses_nothing_and_holds_nobody_up() {
    for model in Model::ALL {
        let (old, new) = (Signer::ec("old"), Signer::ed("new"));
        let keys_at = KeyServer::start(keys(&[&old]));
        let server =
            RpcServer::exported().authenticate(jwt(JwkSet::from_url(keys_at.url()).unwrap()));
        let server = model.start(server);
        keys_at.say(Says::Nothing);
        let call = |signer| {
            let client = RpcClient::builder().bearer(ada(signer)).connect(server.address())?;
            client.known_as().call()
        };
        // More than an address may guess.
        for _ in 0..15 {
            let refused = call(&new).unwrap_err();
            assert_eq!(refused.code(), Some(code::OVERLOADED), "{model:?}: {refused}");
            assert!(refused.to_string().contains("being fetched"), "{model:?}: {refused}");
            assert_eq!(call(&old).unwrap().as_deref(), Some("ada"), "{model:?}");
        }
        until("it was asked", || keys_at.asked() == 2);
        keys_at.say(keys(&[&new]));
        until("the new key is known", || call(&new).is_ok());
        let refused = call(&old).unwrap_err();
        assert_eq!(refused.code(), Some(code::UNAUTHENTICATED), "{model:?}: {refused}");
        assert_eq!(keys_at.asked(), 2, "{model:?}");
    }
}
