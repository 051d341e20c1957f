//! What is told of callers and refusals, in which no secret stands; and programs of other languages that say who they are.

#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::process::Command;
use std::sync::{Arc, Mutex};

use rpc_core::identity::Credentials;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::{Call, Framing};
use rpc_core::{CallContext, FunctionRegistry, TcpServer};
use serde_json::{Value, json};
use tests::{Folder, HttpPeer, Model, Peer, Running, Served, WebSocket, curl, know, know_later};

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
