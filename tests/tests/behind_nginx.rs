//! Our server behind nginx, by the configuration of docs/production.md, and our clients in front of it.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::server::{ServerHandle, UnixAddress};
use rpc_core::tls::ClientTls;
use rpc_core::transport::Address;
use rpc_core::{Error, RpcClient, RpcServer, Stub, rpc_export};
use tests::{
    Authority, Certified, Folder, Front, Issuer, Model, Running, Served, TlsPeer, curl, run, until,
};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// The address that nginx calls from.
const NGINX: &str = "127.0.0.9";

const WHO: &str = r#"{"jsonrpc":"2.0","method":"caller_address","params":[],"id":1}"#;
const FOUND: &str = r#"{"jsonrpc":"2.0","result":["127.0.0.1","127.0.0.9"],"id":1}"#;

/// The configuration of the page, for a server, with what `listen` takes besides.
fn documented(
    address: SocketAddr,
    server: impl Display,
    [certificate, key]: [&Path; 2],
    with: &str,
) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/production.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("```nginx\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let server = server.to_string();
    let source = if server.starts_with("unix:") { "off" } else { NGINX };
    let replacements = [
        ("server 127.0.0.1:5000;", format!("server {server};")),
        ("listen 443 ssl;", format!("listen {address} ssl {with};")),
        ("/etc/ssl/rpc.example.org.pem", certificate.display().to_string()),
        ("/etc/ssl/rpc.example.org.key", key.display().to_string()),
        ("proxy_pass http://sum;", format!("proxy_pass http://sum; proxy_bind {source};")),
    ];
    replacements.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old} is not in {text}");
        text.replace(old, new)
    })
}

fn nginx(server: impl Display, certified: &Certified) -> Option<Front> {
    let files = [&*certified.certificate, &*certified.key];
    Front::nginx(|address| documented(address, server, files, ""))
}

fn builder(issuer: &Issuer) -> ClientBuilder {
    RpcClient::builder().tls(ClientTls::new().ca(issuer.file()).unwrap())
}

/// Runs a test with nginx in front of a server in each model, all at the same time.
fn each(certified: &Certified, with: &str, test: impl Fn(&str, u16) + Sync) {
    thread::scope(|scope| {
        for model in MODELS {
            let test = &test;
            scope.spawn(move || {
                let options = format!("--model {model} --trusted-proxies {NGINX}");
                let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                let files = [&*certified.certificate, &*certified.key];
                let nginx = Front::nginx(|address| {
                    let found = documented(address, server.address(), files, with);
                    // As the page has it for these two.
                    match model {
                        "single" | "prefork" => found.replace("keepalive 16;", ""),
                        _ => found,
                    }
                });
                if let Some(nginx) = nginx {
                    test(model, nginx.address().port());
                }
            });
        }
    });
}

#[test]
fn both_clients_call_through_it_and_it_says_who_they_are() {
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost"]);
    each(&certified, "", |model, port| {
        for (url, dialect) in [
            (format!("https://localhost:{port}/"), Dialect::JsonRpc),
            (format!("https://localhost:{port}/RPC2"), Dialect::XmlRpc),
            (format!("wss://localhost:{port}/socket"), Dialect::JsonRpc),
        ] {
            let builder = builder(&issuer).dialect(dialect);
            let long = "Grüß Gott".repeat(20_000);
            let expected = ["127.0.0.1", NGINX].map(str::to_owned);
            let client = builder.connect(&url).unwrap();
            for _ in 0..3 {
                let found: [String; 2] = client.call("caller_address", (), ()).unwrap();
                assert_eq!(found, expected, "{model} {url} {dialect:?}");
            }
            let same: String = client
                .call("same", (&long,), ())
                .unwrap_or_else(|error| panic!("{model} {url} {dialect:?}: {error}"));
            assert!(same == long, "{model} {url} {dialect:?}");
            drop(client);
            run(async {
                let client = builder.connect_async(&url).await.unwrap();
                let calls: Vec<_> = (0..8)
                    .map(|_| client.call::<[String; 2]>("caller_address", (), ()))
                    .map(tokio::spawn)
                    .collect();
                for call in calls {
                    assert_eq!(call.await.unwrap().unwrap(), expected, "{model} {url}");
                }
                let same: String = client
                    .call("same", (&long,), ())
                    .await
                    .unwrap_or_else(|error| panic!("{model} {url} {dialect:?}: {error}"));
                assert!(same == long, "{model} {url} {dialect:?}");
            });
        }
    });
}

#[test]
fn what_a_caller_says_of_itself_does_not_count() {
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost"]);
    each(&certified, "http2", |model, port| {
        let url = format!("https://localhost:{port}/");
        for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
            for claim in ["X-Forwarded-For: 198.51.100.1", "Forwarded: for=198.51.100.1"] {
                let Some(mut command) = curl() else { return };
                command.arg(option).arg("--cacert").arg(issuer.file()).args(["--data", WHO]);
                command.args(["--header", "content-type: application/json", "--header", claim]);
                command.args(["--write-out", " %{http_code} %{http_version}\n", &url]);
                let lines = Running::lines(&mut command);
                assert_eq!(lines, [format!("{FOUND} 200 {version}")], "{model} {claim}");
            }
        }
    });
}

#[test]
fn the_name_that_the_world_uses_is_allowed_by_the_server() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["rpc.example.org"]);
    let config = std::sync::Arc::new(authority.client());
    let server = || RpcServer::exported().trusted_proxies([NGINX]).unwrap();
    for (server, status) in [(server().allow_host("rpc.example.org"), " 200 "), (server(), " 403 ")]
    {
        let server = Model::EventLoop.start(server);
        let files = [&*issued.certificate, &*issued.key];
        let nginx = Front::nginx(|address| documented(address, server.address(), files, ""));
        let Some(nginx) = nginx else { return };
        let address = Address::Tcp(nginx.address());
        let mut peer = TlsPeer::connect_to(&address, &config, "rpc.example.org");
        let length = WHO.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: rpc.example.org\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{WHO}"
        );
        peer.write(request.as_bytes());
        let (head, _) = peer.receive_response();
        assert!(head.contains(status), "{head}");
    }
}

/// The calls that have run, by their numbers.
static RAN: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// Notes that this ran.
#[rpc_export]
fn note_number(number: u64) -> u64 {
    RAN.lock().unwrap().push(number);
    number
}

/// Says that something is over when it is dropped, by a panic too.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Callers who go on while something happens, and what became of their calls.
#[derive(Default)]
struct Callers {
    answered: AtomicU64,
    is_over: AtomicBool,
    outcomes: Mutex<HashMap<u64, Result<u64, Error>>>,
}

impl Callers {
    /// The numbers of calls differ in all tests.
    fn number() -> u64 {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    }

    fn note(&self, number: u64, outcome: Result<u64, Error>) {
        match &outcome {
            Ok(_) => drop(self.answered.fetch_add(1, Ordering::Relaxed)),
            // A port where nobody listens would be asked without a pause.
            Err(_) => thread::sleep(Duration::from_millis(2)),
        }
        self.outcomes.lock().unwrap().insert(number, outcome);
    }

    /// Has both clients call by HTTP and by WebSocket, while `event` happens so many times.
    fn during(&self, builder: &ClientBuilder, port: u16, mut events: Vec<Box<dyn FnMut() + '_>>) {
        thread::scope(|scope| {
            let _over = Over(&self.is_over);
            for url in
                [format!("https://localhost:{port}/"), format!("wss://localhost:{port}/socket")]
            {
                let builder = builder.clone().dialect(Dialect::JsonRpc);
                let client = builder.connect(&url).unwrap();
                scope.spawn(move || {
                    while !self.is_over.load(Ordering::Relaxed) {
                        let number = Self::number();
                        self.note(number, client.call("note_number", (number,), ()));
                    }
                });
                scope.spawn(move || {
                    run(async {
                        let client = builder.connect_async(&url).await.unwrap();
                        while !self.is_over.load(Ordering::Relaxed) {
                            let number = Self::number();
                            let outcome = client.call("note_number", (number,), ()).await;
                            self.note(number, outcome);
                        }
                    });
                });
            }
            for event in &mut events {
                self.until_answered();
                event();
            }
            self.until_answered();
        });
    }

    /// Waits until some more calls have been answered.
    fn until_answered(&self) {
        let before = self.answered.load(Ordering::Relaxed);
        until("calls are answered", || self.answered.load(Ordering::Relaxed) > before + 100);
    }

    /// Asserts that what callers were told is so.
    fn check(self) {
        let ran = RAN.lock().unwrap();
        for (number, outcome) in self.outcomes.into_inner().unwrap() {
            let times = ran.iter().filter(|ran| **ran == number).count();
            match outcome {
                Ok(result) => assert_eq!((result, times), (number, 1)),
                Err(error) => {
                    let most = usize::from(error.may_have_run());
                    assert!(times <= most, "ran {times} times: {error}");
                }
            }
        }
    }
}

#[test]
fn calls_go_on_while_it_is_reloaded() {
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost"]);
    let server = Model::EventLoop.start(RpcServer::exported());
    let Some(nginx) = nginx(server.address(), &certified) else { return };
    let callers = Callers::default();
    let reload = || Box::new(|| nginx.reload()) as Box<dyn FnMut()>;
    callers.during(&builder(&issuer), nginx.address().port(), vec![reload(), reload(), reload()]);
    callers.check();
}

#[test]
fn calls_go_on_when_the_server_behind_it_is_started_anew() {
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost"]);
    let folder = Folder::new();
    let socket = format!("unix:{}", folder.file("server").display());
    for model in Model::CONCURRENT {
        let start = || {
            let server = RpcServer::exported().trusted_proxies(["unix:"]).unwrap();
            let socket = UnixAddress::new(folder.file("server")).mode(0o666);
            model.start_at(socket, server).unwrap()
        };
        let server = Mutex::new(Some(start()));
        let Some(nginx) = nginx(&socket, &certified) else { return };
        let callers = Callers::default();
        let restart = || {
            Box::new(|| {
                let old: Option<ServerHandle> = server.lock().unwrap().take();
                let old = old.unwrap();
                old.stop();
                old.wait().unwrap();
                *server.lock().unwrap() = Some(start());
            }) as Box<dyn FnMut()>
        };
        let events = vec![restart(), restart(), restart()];
        let port = nginx.address().port();
        callers.during(&builder(&issuer), port, events);
        callers.check();
        let client = builder(&issuer).connect(format!("https://localhost:{port}/")).unwrap();
        let [caller, peer]: [Option<String>; 2] = client.call("caller_address", (), ()).unwrap();
        assert_eq!((caller.as_deref(), peer), (Some("127.0.0.1"), None));
    }
}
