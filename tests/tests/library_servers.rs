//! Our clients call servers that are made with libraries of other languages.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use examples::{add, echo, fail};
use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::{Framing, ProtocolError};
use rpc_core::{Error, RpcClient, Stub, args, call, kwargs};
use tests::{Language, Report, Running, all_good, remember, remembers, report_table, run, section};

/// A program of `foreign/` that serves.
struct Server {
    protocol: &'static str,
    language: Language,
    script: &'static str,
    arguments: &'static [&'static str],
    /// How to call it, and where: `{}` is its address.
    options: fn() -> ClientBuilder,
    url: &'static str,
    lacks: &'static [&'static str],
}

fn json_rpc() -> ClientBuilder {
    RpcClient::builder().dialect(Dialect::JsonRpc)
}

fn xml_rpc() -> ClientBuilder {
    RpcClient::builder().dialect(Dialect::XmlRpc)
}

const SERVERS: [Server; 8] = [
    Server {
        protocol: "XML-RPC",
        language: Language::Python,
        script: "python/simple_xmlrpc_server.py",
        arguments: &[],
        options: xml_rpc,
        url: "http://{}",
        lacks: XML_LACKS,
    },
    Server {
        protocol: "XML-RPC",
        language: Language::Node,
        script: "node/xmlrpc_server.js",
        arguments: &[],
        options: xml_rpc,
        url: "http://{}",
        lacks: XML_LACKS,
    },
    Server {
        protocol: "JSON-RPC over HTTP",
        language: Language::Node,
        script: "node/jayson_server.js",
        arguments: &["http"],
        options: json_rpc,
        url: "http://{}",
        lacks: &[],
    },
    Server {
        protocol: "JSON-RPC over HTTP",
        language: Language::Rust,
        script: "jsonrpsee_server",
        arguments: &[],
        options: json_rpc,
        url: "http://{}",
        lacks: JSONRPSEE_LACKS,
    },
    Server {
        protocol: "JSON-RPC over TCP",
        language: Language::Node,
        script: "node/jayson_server.js",
        arguments: &["tcp"],
        options: || json_rpc().framing(Framing::Raw),
        url: "{}",
        lacks: &[],
    },
    Server {
        protocol: "JSON-RPC with `Content-Length`",
        language: Language::Python,
        script: "python/lsp_jsonrpc_server.py",
        arguments: &[],
        options: || json_rpc().framing(Framing::Header),
        url: "{}",
        lacks: &["batch"],
    },
    Server {
        protocol: "JSON-RPC over WebSocket",
        language: Language::Node,
        script: "node/jayson_server.js",
        arguments: &["websocket"],
        options: json_rpc,
        url: "ws://{}",
        lacks: &[],
    },
    Server {
        protocol: "JSON-RPC over WebSocket",
        language: Language::Rust,
        script: "jsonrpsee_server",
        arguments: &[],
        options: json_rpc,
        url: "ws://{}",
        lacks: JSONRPSEE_LACKS,
    },
];

/// XML-RPC has arguments by position alone, and an answer to every call.
const XML_LACKS: &[&str] = &["by name", "notification"];

/// It answers notifications with nothing, and does not run them either.
const JSONRPSEE_LACKS: &[&str] = &["notification"];

type Found = Result<String, Error>;

/// A client, and how it was made.
struct Connected {
    client: RpcClient,
    options: ClientBuilder,
    url: String,
}

/// A check: its name, what must be found, and the calls that find it.
type Check = (&'static str, &'static str, fn(&Connected) -> Found);

const CHECKS: [Check; 11] = [
    ("by position", "13", |Connected { client, .. }| shown(call!(client.add(1, 2)))),
    ("by name", "6", |Connected { client, .. }| {
        shown(client.call::<i64>("add", (), kwargs! { a: 1, b: 2, c: 3 }))
    }),
    ("both", "6", |Connected { client, .. }| shown(call!(client.add(1, 2, c = 3)))),
    ("unknown method", "refused", |Connected { client, .. }| {
        let answer: Result<i64, Error> = client.call("multiply", args![1, 2], kwargs! {});
        Ok(match answer {
            // The package xmlrpc answers with a status where others have a fault.
            Err(Error::Fault(_)) => "refused".to_owned(),
            Err(Error::Protocol(error))
                if matches!(error.cause(), ProtocolError::Http { status: 404, .. }) =>
            {
                "refused".to_owned()
            }
            other => format!("{other:?}"),
        })
    }),
    ("error of a function", "7 out of paper", |Connected { client, .. }| {
        Ok(match client.fail("out of paper").call() {
            Err(Error::Fault(fault)) => format!("{} {}", fault.code(), fault.message()),
            other => format!("{other:?}"),
        })
    }),
    ("notification", "true", |Connected { client, .. }| {
        let text = format!("a notification of {:?}", Instant::now());
        client.remember(&text).notify()?;
        let begun = Instant::now();
        while !client.remembers(&text).call()? && begun.elapsed() < Duration::from_secs(10) {}
        shown(client.remembers(&text).call())
    }),
    ("batch", "(13, \"two\")", |Connected { client, .. }| {
        let both = client.batch(|calls| (calls.add(1, 2).call(), calls.echo("two").call()))?;
        Ok(format!("{both:?}"))
    }),
    ("unicode", TEXT, |Connected { client, .. }| client.echo(TEXT).call()),
    ("100 kB", "true", |Connected { client, .. }| {
        let text = "0123456789".repeat(10_000);
        shown(client.echo(&text).call().map(|echo| echo == text))
    }),
    (
        "20 calls",
        "[10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48]",
        |Connected { client, .. }| {
            let started: Vec<_> = (0..20).map(|i| client.add(i, i).start()).collect();
            let sums: Result<Vec<i64>, Error> =
                started.into_iter().map(|call| call?.wait()).collect();
            sums.map(|sums| format!("{sums:?}"))
        },
    ),
    ("asynchronous client", "13", |Connected { options, url, .. }| {
        run(async {
            let client = options.connect_async(url).await?;
            shown(call!(client.add(1, 2)).await)
        })
    }),
];

const TEXT: &str = "Grüß Gott, 世界 🦀 <&> \" ' \\ /";

fn shown<T: ToString>(result: Result<T, Error>) -> Found {
    result.map(|value| value.to_string())
}

/// Starts a server and calls it; `None` where it is not installed.
fn called(server: &Server) -> Option<Report> {
    let mut program = server.language.program(server.script)?;
    let mut running = Running::start(program.args(server.arguments));
    let line = running.line();
    let mut library = line.split('\t').skip(1).map(str::to_owned);
    let (library, version) = (library.next().unwrap(), library.next().unwrap_or_default());
    let line = running.line();
    let address = line.strip_prefix("listening ").unwrap();
    let (options, url) = ((server.options)(), server.url.replace("{}", address));
    let connected = Connected { client: options.connect(&url).unwrap(), options, url };
    let made = CHECKS.iter().filter(|(name, ..)| !server.lacks.contains(name));
    let checks = made.map(|(name, expected, check)| {
        let found = check(&connected).unwrap_or_else(|error| format!("{error:?}"));
        ((*name).to_owned(), found == *expected, found)
    });
    let checks = checks.collect();
    Some(Report { library, version, checks })
}

#[test]
fn our_client_calls_every_server_as_the_documentation_says() {
    let called = SERVERS.iter().filter_map(|server| Some((server, called(server)?)));
    let rows: Vec<_> = called.collect();
    all_good(rows.iter().map(|(server, report)| (server.script, report)));
    if rows.len() == SERVERS.len() {
        let rows = rows.iter().map(|(server, report)| (server.language, server.protocol, report));
        section("servers", &report_table("server", &CHECKS.map(|(name, ..)| name), rows));
    }
}
