//! Our server behind HAProxy, which names the caller by the PROXY protocol, or over HTTP/2 to the server.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::tls::ClientTls;
use rpc_core::transport::Address;
use rpc_core::{RpcClient, RpcServer, Stub};
use tests::{Certified, Folder, Front, Issuer, Model, Running, Served, curl, run};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

/// The address that HAProxy calls from.
const HAPROXY: &str = "127.0.0.9";

const WHO: &str = r#"{"jsonrpc":"2.0","method":"caller_address","params":[],"id":1}"#;

/// HAProxy in front of a server, with options of `bind` and of `server`.
fn haproxy(mode: &str, bind: &str, server: &str, with: &str) -> Option<Front> {
    Front::haproxy(&format!(
        "listen sum\n mode {mode}\n bind fd@0 {bind}\n source {HAPROXY}\n server sum {server} {with}"
    ))
}

/// Runs a test with a server in each model, all at the same time.
fn each(options: &str, test: impl Fn(&str, &Address) + Sync) {
    thread::scope(|scope| {
        for model in MODELS {
            let test = &test;
            scope.spawn(move || {
                let options = format!("--model {model} --trusted-proxies {HAPROXY} {options}");
                let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
                test(model, &server.address());
            });
        }
    });
}

/// The models that serve several connections by one thread, and so end one of HTTP between two requests when others wait.
const IN_TURNS: [&str; 2] = ["single", "prefork"];

/// Calls by both clients, and is named in each call.
fn call(model: &str, builder: &ClientBuilder, front: SocketAddr, scheme: &str, dialect: Dialect) {
    let host = if scheme.is_empty() { "127.0.0.1" } else { "localhost" };
    let url = format!("{scheme}{host}:{}", front.port());
    let at = format!("{model} {url} {dialect:?}");
    let builder = builder.clone().dialect(dialect);
    let expected = ["127.0.0.1", HAPROXY].map(str::to_owned);
    let long = "Grüß Gott".repeat(20_000);
    let connect = || builder.connect(&url).unwrap();
    let failed = |error| -> String { panic!("{at}: {error}") };
    if IN_TURNS.contains(&model) && scheme.starts_with("http") {
        for _ in 0..3 {
            let found: [String; 2] = connect().call("caller_address", (), ()).unwrap();
            assert_eq!(found, expected, "{at}");
        }
        let same = connect().call("same", (&long,), ()).unwrap_or_else(failed);
        assert!(same == long, "{at}");
        return;
    }
    let client = connect();
    for _ in 0..3 {
        let found: [String; 2] = client.call("caller_address", (), ()).unwrap();
        assert_eq!(found, expected, "{at}");
    }
    let same = client.call("same", (&long,), ()).unwrap_or_else(failed);
    assert!(same == long, "{at}");
    drop(client);
    run(async {
        let client = builder.connect_async(&url).await.unwrap();
        let calls: Vec<_> = (0..8)
            .map(|_| client.call::<[String; 2]>("caller_address", (), ()))
            .map(tokio::spawn)
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap(), expected, "{at}");
        }
        let same = client.call("same", (&long,), ()).await.unwrap_or_else(failed);
        assert!(same == long, "{at}");
    });
}

const PLAIN: [(&str, Dialect); 5] = [
    ("", Dialect::Native),
    ("", Dialect::JsonRpc),
    ("http://", Dialect::JsonRpc),
    ("http://", Dialect::XmlRpc),
    ("ws://", Dialect::JsonRpc),
];

const OVER_TLS: [(&str, Dialect); 4] = [
    ("tls://", Dialect::Native),
    ("https://", Dialect::JsonRpc),
    ("https://", Dialect::XmlRpc),
    ("wss://", Dialect::JsonRpc),
];

#[test]
fn it_names_the_caller_in_both_versions_while_it_looks_whether_the_server_is_there() {
    each("--proxy-protocol x", |model, address| {
        for with in ["send-proxy check inter 20ms", "send-proxy-v2 check inter 20ms"] {
            let Some(front) = haproxy("tcp", "", &address.to_string(), with) else { return };
            for (scheme, dialect) in PLAIN {
                call(model, &RpcClient::builder(), front.address(), scheme, dialect);
            }
        }
    });
}

fn builder(issuer: &Issuer) -> ClientBuilder {
    RpcClient::builder().tls(ClientTls::new().ca(issuer.file()).unwrap())
}

/// The file in which HAProxy has a certificate and its key.
fn both(folder: &Folder, certified: &Certified) -> String {
    let file = folder.file("both.pem");
    let text = [&certified.certificate, &certified.key].map(|file| fs::read(file).unwrap());
    fs::write(&file, text.concat()).unwrap();
    file.display().to_string()
}

#[test]
fn it_speaks_tls_and_says_so_in_the_header() {
    let (issuer, folder) = (Issuer::new(), Folder::new());
    let file = both(&folder, &issuer.issue(&["localhost"]));
    let bind = format!("ssl crt {file} alpn http/1.1");
    each("--proxy-protocol x", |model, address| {
        // What is behind the addresses says which TLS it was.
        let with = "send-proxy-v2-ssl-cn proxy-v2-options crc32c,authority,unique-id";
        let Some(front) = haproxy("tcp", &bind, &address.to_string(), with) else { return };
        for (scheme, dialect) in OVER_TLS {
            call(model, &builder(&issuer), front.address(), scheme, dialect);
        }
    });
}

#[test]
fn it_passes_on_the_tls_of_the_server_behind_the_header() {
    let issuer = Issuer::new();
    let Certified { certificate, key, .. } = issuer.issue(&["localhost"]);
    let options = format!(
        "--proxy-protocol x --tls-cert {} --tls-key {}",
        certificate.display(),
        key.display()
    );
    each(&options, |model, address| {
        for with in ["send-proxy", "send-proxy-v2"] {
            let Some(front) = haproxy("tcp", "", &address.to_string(), with) else { return };
            for (scheme, dialect) in OVER_TLS {
                call(model, &builder(&issuer), front.address(), scheme, dialect);
            }
        }
    });
}

/// Asks who calls by curl, with a header that says somebody else.
fn curl_asks(issuer: &Issuer, port: u16, version: &str) -> Option<String> {
    let mut command = curl()?;
    command.arg(version).arg("--cacert").arg(issuer.file()).args(["--data", WHO]);
    command.args(["--header", "content-type: application/json"]);
    command.args(["--header", "x-forwarded-for: 198.51.100.1"]);
    let lines = Running::lines(command.arg(format!("https://localhost:{port}/")));
    Some(lines.concat())
}

#[test]
fn it_speaks_http2_to_the_server() {
    let (issuer, folder) = (Issuer::new(), Folder::new());
    let file = both(&folder, &issuer.issue(&["localhost"]));
    let bind = format!("ssl crt {file} alpn h2,http/1.1");
    let found = format!(r#"{{"jsonrpc":"2.0","result":["127.0.0.1","{HAPROXY}"],"id":1}}"#);
    for (options, mode, with) in [
        // By a header of each request, or by one before them all.
        ("", "http\n option forwardfor", "proto h2"),
        ("--proxy-protocol x", "http", "proto h2 send-proxy-v2"),
        ("--proxy-protocol x", "http\n option forwardfor", "proto h2 send-proxy-v2"),
    ] {
        each(options, |model, address| {
            // HAProxy keeps connections for the next request.
            if IN_TURNS.contains(&model) {
                return;
            }
            let Some(front) = haproxy(mode, &bind, &address.to_string(), with) else { return };
            let port = front.address().port();
            for version in ["--http1.1", "--http2"] {
                let Some(said) = curl_asks(&issuer, port, version) else { return };
                assert_eq!(said, found, "{model} {mode} {with} {version}");
            }
            for dialect in [Dialect::JsonRpc, Dialect::XmlRpc] {
                call(model, &builder(&issuer), front.address(), "https://", dialect);
            }
        });
    }
}

#[test]
fn it_connects_over_a_unix_socket() {
    let folder = Folder::new();
    let path = folder.file("server");
    for with in ["send-proxy", "send-proxy-v2"] {
        for model in Model::ALL {
            let _ = fs::remove_file(&path);
            let server = RpcServer::exported().trusted_proxies(["unix:"]).unwrap();
            let at = format!("unix:{}", path.display());
            let _server = model.start_at(&*at, server.proxy_protocol()).unwrap();
            let Some(front) = behind_unix(&path, with) else { return };
            let client = RpcClient::connect(front.address()).unwrap();
            let [caller, _]: [Option<String>; 2] = client.call("caller_address", (), ()).unwrap();
            assert_eq!(caller.as_deref(), Some("127.0.0.1"), "{model:?} {with}");
        }
    }
}

fn behind_unix(path: &Path, with: &str) -> Option<Front> {
    let server = path.display();
    Front::haproxy(&format!("listen sum\n mode tcp\n bind fd@0\n server sum unix@{server} {with}"))
}
