//! Connections that there is no room for are told of as calls are: from where they come, by every protocol and in all six models.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use rpc_core::protocol::Framing;
use serde_json::{Value, json};
use tests::{Folder, HttpPeer, Served, at_once, frame, until};

const CALL: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":"x"}"#;
const PROXY: &str = "PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n";

/// A server with room for one connection, which is taken.
struct Full {
    _server: Served,
    _first: TcpStream,
    address: SocketAddr,
    records: PathBuf,
}

impl Full {
    fn start(folder: &Folder, model: &str, options: &str, header: &str) -> Self {
        let records = folder.file(model.split(' ').next().unwrap());
        let options = format!("--model {options} --records {}", records.display());
        let server = Served::start(env!("CARGO_BIN_EXE_model_server"), &options);
        let address = server.address().socket_addr().unwrap();
        let mut first = connect(address);
        first
            .write_all(
                &[header.as_bytes(), &frame(Framing::LengthPrefix, CALL.as_bytes())].concat(),
            )
            .unwrap();
        first.read_exact(&mut [0; 4]).unwrap();
        Self { _server: server, _first: first, address, records }
    }

    /// What is told of a further connection that says this.
    fn record(&self, words: &[u8]) -> Value {
        let before = self.records().len();
        let mut stream = connect(self.address);
        stream.write_all(words).unwrap();
        let mut said = Vec::new();
        // It may be reset, once that has been said.
        let _ = stream.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("-32000"), "{said}");
        until(&format!("{} is told of", String::from_utf8_lossy(words)), || {
            self.records().len() > before
        });
        let mut records = self.records().split_off(before);
        assert_eq!(records.len(), 1, "{records:?}");
        records.remove(0)
    }

    fn records(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.records).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn post(headers: &str) -> String {
    HttpPeer::post(&format!("Content-Type: application/json\r\n{headers}"), CALL)
}

fn told(record: &Value) -> [&Value; 3] {
    ["outcome", "code", "caller_address"].map(|name| &record[name])
}

const FULL: [&str; 4] = [
    "threads --max-connections 1",
    "event-loop --max-connections 1",
    "fork --max-children 1",
    "prefork-event-loop --workers 1 --max-connections 1",
];

#[test]
fn behind_a_proxy_that_passes_bytes_on_it_is_whom_the_proxy_names() {
    let folder = Folder::new();
    at_once(FULL, |model| {
        let options = format!("{model} --trusted-proxies 127.0.0.1 --proxy-protocol x");
        let full = Full::start(&folder, model, &options, PROXY);
        let expected = [json!("refused"), json!(-32000), json!("203.0.113.7")];
        for words in [CALL.to_owned(), post("")] {
            let record = full.record(&[PROXY.as_bytes(), words.as_bytes()].concat());
            assert_eq!(told(&record), expected.each_ref(), "{model}: {record}");
        }
    });
}

#[test]
fn behind_a_proxy_of_http_it_is_whom_its_headers_name() {
    let folder = Folder::new();
    at_once(FULL, |model| {
        let options = format!("{model} --trusted-proxies 127.0.0.1");
        let full = Full::start(&folder, model, &options, "");
        let record = full.record(post("X-Forwarded-For: 203.0.113.7\r\n").as_bytes());
        let expected = [json!("refused"), json!(-32000), json!("203.0.113.7")];
        assert_eq!(told(&record), expected.each_ref(), "{model}: {record}");
    });
}

#[test]
fn one_too_many_of_an_address_is_told_of_by_every_protocol() {
    let folder = Folder::new();
    let models = [
        "single",
        "threads",
        "event-loop",
        "fork",
        "prefork --workers 1",
        "prefork-event-loop --workers 1",
    ];
    at_once(models, |model| {
        let options = format!("{model} --connections-per-address 1");
        let full = Full::start(&folder, model, &options, "");
        let expected = [json!("refused"), json!(-32000), json!("127.0.0.1")];
        let framed = frame(Framing::LengthPrefix, CALL.as_bytes());
        for words in [CALL.as_bytes(), &framed, post("").as_bytes()] {
            let record = full.record(words);
            assert_eq!(told(&record), expected.each_ref(), "{model}: {record}");
        }
        // Whoever asks whether the process is alive makes no call.
        let before = full.records().len();
        let mut stream = connect(full.address);
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut said = [0; 15];
        stream.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"HTTP/1.1 200 OK", "{model}");
        assert_eq!(full.records().len(), before, "{model}");
    });
}
