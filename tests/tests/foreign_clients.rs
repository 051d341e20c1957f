//! Client libraries of other languages call our server, with no setting on either side.

#![allow(clippy::unwrap_used)]

use std::thread;

use rpc_core::RpcServer;
use rpc_core::tls::Tls;
use tests::{Folder, Issuer, Language, Model, Report, all_good, report_table, section};

/// A program of `foreign/` that calls a server.
struct Client {
    protocol: &'static str,
    language: Language,
    script: &'static str,
    arguments: &'static [&'static str],
}

/// What an argument stands for that names the path of a Unix socket.
const SOCKET: &str = "SOCKET";

/// What an argument stands for that names a program that serves its standard input and output.
const PROGRAM: &str = "PROGRAM";

/// What an argument stands for that names whoever vouches for the server.
const AUTHORITY: &str = "AUTHORITY";

const fn client(
    protocol: &'static str,
    language: Language,
    script: &'static str,
    arguments: &'static [&'static str],
) -> Client {
    Client { protocol, language, script, arguments }
}

const JSON_HTTP: &str = "JSON-RPC over HTTP";
const JSON_HTTP2: &str = "JSON-RPC over HTTP/2";
const JSON_RAW: &str = "JSON-RPC over TCP";
const JSON_HEADER: &str = "JSON-RPC with `Content-Length`";
const JSON_STDIO: &str = "the same over standard input and output";
const JSON_WEBSOCKET: &str = "JSON-RPC over WebSocket";
const JSON_UNIX: &str = "JSON-RPC over a Unix socket";
const JSON_HTTP_UNIX: &str = "JSON-RPC over HTTP over a Unix socket";
const XML: &str = "XML-RPC";
const CURL: &str = "curl/json_rpc.sh";
const XML_TLS: &str = "XML-RPC over TLS";
const JSON_HTTP_TLS: &str = "JSON-RPC over HTTP over TLS";
const JSON_HTTP2_TLS: &str = "JSON-RPC over HTTP/2 over TLS";
const JSON_WEBSOCKET_TLS: &str = "JSON-RPC over WebSocket over TLS";

/// The program is given an address, that of a server over TLS where the protocol says so, which a Unix socket's path stands in for where it cannot use one.
const CLIENTS: [Client; 32] = [
    client(XML, Language::Python, "python/xmlrpc_client.py", &[]),
    client(XML, Language::Node, "node/xmlrpc_client.js", &[]),
    client(XML, Language::Perl, "perl/rpc_xml_client.pl", &[]),
    client(XML, Language::Php, "php/xmlrpc_client.php", &[]),
    client(XML, Language::Ruby, "ruby/xmlrpc_client.rb", &[]),
    client(JSON_HTTP, Language::Python, "python/jsonrpcclient_client.py", &[]),
    client(JSON_HTTP, Language::Python, "python/jsonrpclib_client.py", &[]),
    client(JSON_HTTP, Language::Python, "python/tinyrpc_client.py", &[]),
    client(JSON_HTTP, Language::Node, "node/jayson_client.js", &["http"]),
    client(JSON_HTTP, Language::Rust, "jsonrpsee_client", &["http"]),
    client(JSON_HTTP, Language::Rust, "jsonrpc_client", &["http"]),
    client(JSON_HTTP, Language::Shell, CURL, &["1.1", "--http1.1"]),
    client(JSON_HTTP2, Language::Shell, CURL, &["2", "--http2-prior-knowledge"]),
    client(JSON_HTTP2, Language::Node, "node/http2_client.js", &[]),
    client(JSON_RAW, Language::Node, "node/jayson_client.js", &["tcp"]),
    client(JSON_RAW, Language::Rust, "jsonrpc_client", &["tcp"]),
    client(JSON_HEADER, Language::Python, "python/lsp_jsonrpc_client.py", &[]),
    client(JSON_HEADER, Language::Node, "node/vscode_jsonrpc_client.js", &[]),
    client(JSON_STDIO, Language::Python, "python/lsp_jsonrpc_client.py", &[PROGRAM]),
    client(JSON_STDIO, Language::Node, "node/vscode_jsonrpc_client.js", &[PROGRAM]),
    client(JSON_WEBSOCKET, Language::Python, "python/websocket_client.py", &[]),
    client(JSON_WEBSOCKET, Language::Node, "node/jayson_client.js", &["websocket"]),
    client(JSON_WEBSOCKET, Language::Rust, "jsonrpsee_client", &["ws"]),
    client(JSON_UNIX, Language::Rust, "jsonrpc_client", &["unix", SOCKET]),
    client(JSON_HTTP_UNIX, Language::Shell, CURL, &["1.1", "--unix-socket", SOCKET]),
    client(XML_TLS, Language::Python, "python/xmlrpc_client.py", &[AUTHORITY]),
    client(JSON_HTTP_TLS, Language::Python, "python/jsonrpcclient_client.py", &[AUTHORITY]),
    client(JSON_HTTP_TLS, Language::Rust, "jsonrpsee_client", &["https"]),
    client(JSON_HTTP_TLS, Language::Shell, CURL, &["1.1", "--http1.1", "--cacert", AUTHORITY]),
    client(JSON_HTTP2_TLS, Language::Shell, CURL, &["2", "--http2", "--cacert", AUTHORITY]),
    client(JSON_WEBSOCKET_TLS, Language::Python, "python/websocket_client.py", &[AUTHORITY]),
    client(JSON_WEBSOCKET_TLS, Language::Rust, "jsonrpsee_client", &["wss"]),
];

const CHECKS: [&str; 11] = [
    "by position",
    "by name",
    "unknown method",
    "wrong arguments",
    "details",
    "notification",
    "batch",
    "unicode",
    "100 kB",
    "20 calls",
    "introspection",
];

type Row = (&'static Client, Report);

/// Has every client that there is call a server; a row each.
fn call(model: Model) -> Vec<Row> {
    let folder = Folder::new();
    let socket = folder.file("server");
    let server = model.start(RpcServer::exported());
    let _at_socket = model.start_at(format!("unix:{}", socket.display()), RpcServer::exported());
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost", "127.0.0.1"]);
    let tls = Tls::from_pem(&certified.certificate, &certified.key).unwrap();
    let over_tls = model.start(RpcServer::exported().tls(tls));
    let mut rows = Vec::new();
    for client in &CLIENTS {
        let Some(mut program) = client.language.program(client.script) else { continue };
        let is_secure = client.protocol.ends_with("TLS");
        let server = if is_secure { &over_tls } else { &server };
        program.arg(server.address().to_string()).env("SSL_CERT_FILE", issuer.file());
        for argument in client.arguments {
            match *argument {
                SOCKET => program.arg(&socket),
                AUTHORITY => program.arg(issuer.file()),
                PROGRAM => program.arg(env!("CARGO_BIN_EXE_stdio_program")),
                other => program.arg(other),
            };
        }
        rows.push((client, Report::of(&mut program)));
    }
    rows
}

fn table(rows: &[Row]) -> String {
    let rows = rows.iter().map(|(client, report)| (client.language, client.protocol, report));
    report_table("library", &CHECKS, rows)
}

#[test]
fn every_client_passes_every_check_as_the_documentation_says() {
    let [threads, event_loop] = thread::scope(|scope| {
        Model::CONCURRENT
            .map(|model| scope.spawn(move || call(model)))
            .map(|running| running.join().expect("programs that run to their end"))
    });
    for rows in [&threads, &event_loop] {
        all_good(rows.iter().map(|(client, report)| (client.script, report)));
    }
    assert_eq!(table(&threads), table(&event_loop));
    if threads.len() == CLIENTS.len() {
        section("clients", &table(&threads));
    }
}
