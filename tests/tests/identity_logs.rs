//! What is told of callers and refusals, in which no secret stands; and programs of other languages that say who they are.

#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::process::Command;
use std::sync::{Arc, Mutex};

use rpc_core::client::Dialect;
use rpc_core::identity::{Credentials, Tokens};
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::{Call, Framing};
use rpc_core::tls::{ClientTls, DevCertificate, Tls};
use rpc_core::{CallContext, FunctionRegistry, RpcClient, RpcServer, Stub, TcpServer};
use serde_json::{Value, json};
use tests::{
    Authority, Folder, HttpPeer, Model, Peer, Running, Served, TlsPeer, WebSocket, at_once, curl,
    know, know_later,
};

/// What must stand nowhere.
const SECRETS: [&str; 4] = ["s3cret", "wr0ng", "open sesame", "YWRhOm9wZW4gc2VzYW1l"];

/// Writes down all that can be shown of a call.
#[derive(Debug)]
struct Everything<D>(D, Arc<Mutex<Vec<String>>>);

impl<D: Dispatch> Dispatch for Everything<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let line = format!("{} {context:?} {:?}", call.method(), context.identity());
        self.1.lock().unwrap().push(line);
        self.0.dispatch(call, context, reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

fn call(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).to_string()
}

#[test]
fn no_secret_stands_in_what_is_told_and_refusals_do() {
    for later in [false, true] {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&lines);
        let layer = Everything(FunctionRegistry::exported(), Arc::clone(&lines));
        let server = TcpServer::of(layer).stats().on_call(move |call| {
            let line = format!("{call} {call:?} {:?}", call.context());
            told.lock().unwrap().push(line);
        });
        let server = if later {
            server.authenticate_async(|credentials: Credentials<'static>| {
                let shown = format!("{credentials:?}");
                assert!(SECRETS.iter().all(|secret| !shown.contains(secret)), "{shown}");
                know_later(credentials)
            })
        } else {
            server.authenticate(know)
        };
        let shown = format!("{server:?}");
        let server = Model::EventLoop.start(server);
        let address = server.address().socket_addr().unwrap();
        let whoami = call("whoami", json!([]));
        let mut replies = Vec::new();
        let mut http = HttpPeer::connect(address);
        for authorization in
            ["Bearer s3cret", "Bearer wr0ng", "Basic YWRhOm9wZW4gc2VzYW1l", "Bearer bang-s3cret"]
        {
            let header = format!("Authorization: {authorization}\r\n");
            let headers = format!("Content-Type: application/json\r\n{header}");
            let response = http.exchange(&HttpPeer::post(&headers, &whoami));
            replies.extend([response.body, response.headers.join("\n")]);
            let mut socket = WebSocket::open(address, &header).unwrap();
            replies.push(socket.ask(&whoami));
            let mut peer = Peer::connect(address, Framing::Raw);
            replies.push(peer.ask(&call("rpc.authenticate", json!([authorization]))));
            replies.push(peer.ask(&whoami));
            let mut own: Value = serde_json::from_str(&whoami).unwrap();
            own["metadata"] = json!({"authorization": authorization});
            replies.push(peer.ask(&own.to_string()));
        }
        let stats = Peer::connect(address, Framing::Raw).ask(&call("system.stats", json!([])));
        assert!(stats.contains("-32007"), "{stats}");
        drop(server);
        let lines = lines.lock().unwrap();
        for part in ["rpc.authenticate (json-rpc", "no such token", "whoami (json-rpc", "panicked"]
        {
            assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
        }
        for text in lines.iter().chain(&replies).chain([&shown, &stats]) {
            for secret in SECRETS {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn no_secret_stands_in_what_a_server_writes() {
    let folder = Folder::new();
    for how in ["now", "later"] {
        let path = folder.file(how);
        let errors = File::create(&path).unwrap();
        let options = format!("--model threads --identities {how}");
        let program = env!("CARGO_BIN_EXE_model_server");
        let server = Served::start_with_errors_to(errors, program, &options);
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        for token in ["Bearer bang-s3cret", "Bearer wr0ng"] {
            peer.ask(&call("rpc.authenticate", json!([token])));
        }
        drop(server);
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.contains("an authenticator panicked"), "{written}");
        for secret in SECRETS {
            assert!(!written.contains(secret), "{secret}: {written}");
        }
    }
}

/// What must stand nowhere over TLS: arguments, tokens, a password, a cookie, as they are and in base64.
const ALL: [&str; 9] = [
    "s3cret",
    "wr0ng",
    "hunter2",
    "open sesame",
    "c00kie",
    "YWRhOm9wZW4gc2VzYW1l",
    "czNjcmV0",
    "d3IwbmctdG9rZW4",
    "aHVudGVyMg",
];

/// Every run of 16 characters of the base64 in a file in PEM.
fn runs_of(pem: &str) -> Vec<&str> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    lines.flat_map(|line| (16..=line.len()).map(move |end| &line[end - 16..end])).collect()
}

#[cfg(unix)]
#[test]
fn no_secret_stands_in_what_a_server_says_over_tls_whatever_it_is_asked() {
    const MODELS: [&str; 6] =
        ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let key = fs::read_to_string(&issued.key).unwrap();
    let folder = Folder::new();
    at_once(MODELS, |model| {
        let [records, errors] =
            ["records", "errors"].map(|end| folder.file(&format!("{model}-{end}")));
        let options = format!(
            "{model} {} {} {}",
            records.display(),
            issued.certificate.display(),
            issued.key.display()
        );
        let program = env!("CARGO_BIN_EXE_audit_server");
        let mut server =
            Served::start_with_errors_to(File::create(&errors).unwrap(), program, &options);
        let config = Arc::new(authority.client());
        let connect = || TlsPeer::connect(&server.address(), &config);
        let over_http = |content_type: &str, credential: &str, body: &str| {
            let headers =
                format!("Content-Type: {content_type}\r\n{credential}\r\nConnection: close\r\n");
            let mut peer = connect();
            peer.write(HttpPeer::post(&headers, body).as_bytes());
            peer.receive_response().1
        };
        let of = |method: &str, params: Value| call(method, params);
        let transfer = |sum: Value| of("transfer", json!(["a", "hunter2", sum]));
        let bodies = [
            transfer(json!(5)),
            transfer(json!(200)),
            transfer(json!(13)),
            // A secret in the wrong place: by position, under a wrong name, of a function that there is none of.
            transfer(json!("hunter2")),
            of("transfer", json!(["a", {"pin": "hunter2"}, 5])),
            of("keep_quiet", json!({"sceret": "hunter2"})),
            of("nothing", json!(["hunter2"])),
            of("reset", json!(["hunter2"])),
            of("system.multicall", json!([[{"methodName": "keep_quiet", "params": ["hunter2"]}]])),
            r#"{"jsonrpc":"2.0","method":"keep_quiet","params":["hunter2","#.to_owned(),
            r#"{"jsonrpc":"2.0","method":"keep_quiet","params":"hunter2","id":1}"#.to_owned(),
            r#"{"method_name":"keep_quiet","method_args":["hunter2"],"timeout_ms":"hunter2"}"#
                .to_owned(),
            r#"{"method_name":"keep_quiet","metadata":{"authorization":7,"a":"hunter2"}}"#
                .to_owned(),
            r#""hunter2""#.to_owned(),
            "hunter2".to_owned(),
        ];
        for credential in [
            "Authorization: Bearer s3cret",
            "Authorization: Bearer wr0ng-token",
            "Authorization: Bearer bang-s3cret",
            "Authorization: Basic YWRhOm9wZW4gc2VzYW1l",
            "Authorization: hunter2",
            "Cookie: session=c00kie",
        ] {
            let is_known = credential.ends_with("s3cret");
            for body in bodies.iter().filter(|body| is_known || body.contains("transfer")) {
                over_http("application/json", credential, body);
            }
            for value in
                ["<string>hunter2</string>", "<int>hunter2</int>", "<hunter2/>", "<int>13</int>"]
            {
                let value = format!("<param><value>{value}</value></param>");
                let params = format!(
                    "<param><value>a</value></param><param><value>hunter2</value></param>{value}"
                );
                let xml = format!(
                    "<methodCall><methodName>transfer</methodName><params>{params}</params></methodCall>"
                );
                over_http("text/xml", credential, &xml);
            }
        }
        for greeting in ["Bearer s3cret", "Bearer wr0ng-token", "Bearer bang-s3cret", "hunter2"] {
            let mut peer = connect();
            peer.ask(Framing::Raw, &of("rpc.authenticate", json!([greeting])));
            for body in &bodies[..9] {
                peer.ask(Framing::Raw, body);
            }
            peer.ask(Framing::Raw, &of("rpc.authenticate", json!([greeting, "hunter2"])));
        }
        // The key, where a call belongs: in plain text to a port of TLS, and as an argument.
        Peer::connect(server.address(), Framing::Raw).ask(&of("keep_quiet", json!([key])));
        connect().ask(Framing::Raw, &of("transfer", json!(["a", "b", key])));
        server.process().signal("TERM");
        assert!(server.wait().success(), "{model}");
        let said = [
            fs::read_to_string(&errors).unwrap(),
            fs::read_to_string(&records).unwrap(),
            server.printed(),
        ];
        for part in ["`transfer` panicked", "cannot be read", "no such token", "must be u64…"] {
            assert!(said[0].contains(part), "{model}: {part}: {}", said[0]);
        }
        for secret in ALL.into_iter().chain(runs_of(&key)) {
            for line in said.iter().flat_map(|text| text.lines()) {
                assert!(!line.contains(secret), "{model}: {secret}: {line}");
            }
        }
    });
}

#[test]
fn no_secret_stands_in_the_debug_form_of_what_holds_it() {
    let authority = Authority::new();
    let issued = authority.issue("server", "a server", &["localhost"]);
    let key = fs::read_to_string(&issued.key).unwrap();
    let certificate = DevCertificate::new(["localhost"]).unwrap();
    let tls = Tls::from_pem(&issued.certificate, &issued.key).unwrap();
    let client_tls = ClientTls::new().ca(authority.file()).unwrap();
    let client_tls = client_tls.certificate(&issued.certificate, &issued.key).unwrap();
    let tokens = Tokens::new().token("ada", "s3cret", ["bank:write"]);
    let server = RpcServer::exported().tls(tls.clone()).authenticate(tokens.clone());
    let mut shown = vec![format!("{tls:?} {client_tls:?} {certificate:?} {tokens:?} {server:?}")];
    let server = server.start("127.0.0.1:0").unwrap();
    shown.push(format!("{server:?}"));
    let port = server.address().socket_addr().unwrap().port();
    let new = || RpcClient::builder().tls(client_tls.clone());
    for (builder, scheme) in [
        (new().bearer("s3cret"), "tls"),
        (new().bearer("s3cret").dialect(Dialect::JsonRpc), "https"),
        (new().basic("ada", "open sesame"), "wss"),
        (new().header("X-Api-Key", "hunter2"), "https"),
        (new().header("Cookie", "session=c00kie"), "https"),
        (new().credentials(|| Ok("Bearer wr0ng".to_owned())), "tls"),
    ] {
        shown.push(format!("{builder:?}"));
        match builder.connect(format!("{scheme}://localhost:{port}")) {
            Ok(client) => {
                let spoken = client.call::<Option<String>>("whoami", (), ());
                shown.push(format!("{client:?} {spoken:?}"));
                let saying = client.with_metadata("authorization", "Bearer s3cret");
                let spoken = saying.call::<Option<String>>("whoami", (), ());
                shown.push(format!("{saying:?} {spoken:?}"));
            }
            Err(error) => shown.push(format!("{error} {error:?}")),
        }
    }
    for text in &shown {
        let keys = [&*key, certificate.key_pem()];
        for secret in ALL.into_iter().chain(keys.into_iter().flat_map(runs_of)) {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[test]
fn curl_and_python_say_who_they_are_as_they_do_elsewhere() {
    let server = rpc_core::RpcServer::exported().authenticate(know);
    let server = Model::ThreadPerConnection.start(server);
    let url = format!("http://{}/", server.address());
    let whoami = call("whoami", json!([]));
    for options in [["-H", "Authorization: Bearer s3cret"], ["-u", "ada:open sesame"]] {
        let Some(mut curl) = curl() else { break };
        let lines = Running::lines(curl.args(options).args(["--json", &whoami, &url]));
        assert!(lines[0].contains("ada"), "{lines:?}");
    }
    let Some(mut curl) = curl() else { return };
    let status = ["-w", "\n%{http_code}", "-H", "Authorization: Bearer wrong"];
    let lines = Running::lines(curl.args(status).args(["--json", &whoami, &url]));
    assert_eq!(lines.last().map(String::as_str), Some("401"), "{lines:?}");

    let script = "
import sys
from xmlrpc.client import ProtocolError, ServerProxy
url = sys.argv[1]
def whoami(token):
    return ServerProxy(url, headers=[('Authorization', 'Bearer ' + token)]).whoami()
print(whoami('s3cret'))
try:
    whoami('wrong')
except ProtocolError as error:
    print(error.errcode)
try:
    import requests
except ImportError:
    sys.exit()
session = requests.Session()
session.trust_env = False
call = {'jsonrpc': '2.0', 'method': 'whoami', 'id': 1}
print(session.post(url, json=call, headers={'Authorization': 'Bearer s3cret'}).json()['result'])
print(session.post(url, json=call, auth=('ada', 'open sesame')).json()['result'])
";
    if tests::python("binding.py").is_none() {
        return;
    }
    let lines = Running::lines(Command::new("python3").args(["-c", script, &url]));
    assert!(lines == ["ada", "401", "ada", "ada"] || lines == ["ada", "401"], "{lines:?}");
}
