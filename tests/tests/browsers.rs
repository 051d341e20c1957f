//! Web pages in a real browser run no call of a server, unless their origin was granted that.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::protocol::Protocol;
use rpc_core::server::ServerHandle;
use rpc_core::{FunctionRegistry, RpcClient, RpcServer, State, rpc_export};
use serde_json::Value;
use tests::{Model, Running, browser};

/// What the pages are after.
#[rpc_export]
fn count_up(calls: State<AtomicU64>) -> u64 {
    calls.fetch_add(1, Ordering::Relaxed) + 1
}

/// How many calls there were of [`count_up`](fn@count_up).
#[rpc_export]
fn counted(calls: State<AtomicU64>) -> u64 {
    calls.load(Ordering::Relaxed)
}

fn server() -> RpcServer {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    RpcServer::of(registry)
}

fn calls_of(server: &ServerHandle) -> u64 {
    RpcClient::connect(server.address()).unwrap().counted().call().unwrap()
}

/// A server that answers every request with a page, and counts those that carry a call.
struct Site {
    address: SocketAddr,
    calls: Arc<AtomicU64>,
}

impl Site {
    /// Starts one, which lasts as long as the process.
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::default();
        let site = Self { address, calls: Arc::clone(&calls) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let calls = Arc::clone(&calls);
                // A browser also opens connections that it never uses.
                thread::spawn(move || answer(stream, &calls));
            }
        });
        site
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Answers one request.
fn answer(stream: TcpStream, calls: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(&stream);
    let mut request = String::new();
    let mut length = 0;
    while !request.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        request.push_str(&line);
    }
    reader.take(length).read_to_string(&mut request).ok()?;
    calls.fetch_add(u64::from(request.contains("count_up")), Ordering::Relaxed);
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<body>";
    (&stream).write_all(page.as_bytes()).ok()
}

/// What came of each attempt of a page to call a server, by name; `None` where there is no browser.
fn attempts(page: &str, server: &str, mapped: &str) -> Option<BTreeMap<String, String>> {
    attempts_with("", page, server, mapped)
}

/// The same in a browser that has a cookie of the server's.
fn attempts_with(
    cookie: &str,
    page: &str,
    server: &str,
    mapped: &str,
) -> Option<BTreeMap<String, String>> {
    let mut program = browser("browser/attempts.js")?;
    program.env("COOKIE", cookie);
    let lines = Running::lines(program.args([page, server, mapped]));
    let attempts = lines.iter().map(|line| {
        let attempt: Value = serde_json::from_str(line).unwrap();
        let text = |member: &str| attempt[member].as_str().unwrap().to_owned();
        (text("attempt"), text("found"))
    });
    let attempts: BTreeMap<_, _> = attempts.collect();
    assert!(attempts.len() > 20, "{attempts:?}");
    Some(attempts)
}

fn url(address: impl ToString) -> String {
    format!("http://{}/", address.to_string())
}

/// Those to which there was a reply with a result that the page could read.
fn answered(attempts: &BTreeMap<String, String>) -> Vec<&str> {
    let answered = attempts.iter().filter(|(_, found)| {
        // The dialects' own words for a result: a page of ours has none of them.
        ["\"result\"", "\"res\"", "methodResponse"].iter().any(|word| found.contains(word))
    });
    answered.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn the_attempts_carry_calls_to_a_server_that_takes_them() {
    let (page, server) = (Site::start(), Site::start());
    let Some(found) = attempts(&page.origin(), &url(server.address), "") else { return };
    let calls = server.calls.load(Ordering::Relaxed);
    assert!(calls >= 14, "{calls} calls: {found:#?}");
}

#[test]
fn a_page_from_elsewhere_runs_no_call() {
    let page = Site::start();
    for model in Model::CONCURRENT {
        let server = model.start(server());
        let Some(found) = attempts(&page.origin(), &url(server.address()), "") else { return };
        assert_eq!(answered(&found), Vec::<&str>::new(), "{model:?}: {found:#?}");
        assert_eq!(calls_of(&server), 0, "{model:?}: {found:#?}");
    }
}

#[test]
fn a_page_runs_no_call_of_a_server_with_raw_framings_alone() {
    let page = Site::start();
    for model in Model::CONCURRENT {
        let server = model.start(server().disable(Protocol::Http).disable(Protocol::WebSocket));
        let Some(found) = attempts(&page.origin(), &url(server.address()), "") else { return };
        assert_eq!(answered(&found), Vec::<&str>::new(), "{model:?}: {found:#?}");
        assert_eq!(calls_of(&server), 0, "{model:?}: {found:#?}");
    }
}

#[test]
fn a_page_whose_origin_was_granted_that_calls_after_a_preflight() {
    let page = Site::start();
    for model in Model::CONCURRENT {
        let server = model.start(server().allow_origin(&page.origin()));
        let Some(found) = attempts(&page.origin(), &url(server.address()), "") else { return };
        let fetched = &found["fetch of JSON"];
        assert!(fetched.starts_with("200 {"), "{model:?}: {found:#?}");
        assert!(fetched.ends_with(" after a preflight"), "{model:?}: {found:#?}");
        // Types that a page may send unasked are refused of pages that were granted anything, too.
        // Nor does it send a header that was not allowed, or cookies.
        let expected = [
            "WebSocket",
            "WebSocket, native",
            "fetch of JSON",
            "fetch of JSON with a token",
            "fetch of XML",
        ];
        assert_eq!(answered(&found), expected, "{model:?}: {found:#?}");
        assert_eq!(calls_of(&server), expected.len() as u64, "{model:?}: {found:#?}");
    }
}

#[test]
fn a_page_whose_name_was_made_to_resolve_here_is_forbidden() {
    for model in Model::CONCURRENT {
        let server = model.start(server());
        let port = server.address().socket_addr().unwrap().port();
        let url = format!("http://evil.example:{port}/");
        let Some(found) = attempts(&url, &url, "evil.example=127.0.0.1") else { return };
        assert!(found["page"].starts_with("403"), "{model:?}: {found:#?}");
        assert!(found["fetch of JSON"].starts_with("403"), "{model:?}: {found:#?}");
        assert_eq!(answered(&found), Vec::<&str>::new(), "{model:?}: {found:#?}");
        assert_eq!(calls_of(&server), 0, "{model:?}: {found:#?}");
    }
}

/// A server whose callers are known by a cookie.
fn known_by_a_cookie() -> RpcServer {
    server().cookie_credentials("session").authenticate(|credentials: &Credentials<'_>| {
        match credentials.cookie("session").or(credentials.bearer()) {
            Some("s3cret") => Ok(Identity::new("ada")),
            _ => Err(Unauthenticated::new("no such session")),
        }
    })
}

/// The cookie of whoever reads the page. A cookie knows no ports: the page's browser sends it to the server.
const COOKIE: &str = "session=s3cret";

#[test]
fn a_page_from_elsewhere_cannot_use_its_readers_cookie() {
    let page = Site::start();
    let server = Model::EventLoop.start(known_by_a_cookie());
    let url = url(server.address());
    let Some(found) = attempts_with(COOKIE, &page.origin(), &url, "") else { return };
    assert_eq!(answered(&found), Vec::<&str>::new(), "{found:#?}");
    assert_eq!(calls_of(&server), 0, "{found:#?}");
}

#[test]
fn a_page_that_may_call_without_cookies_cannot_use_its_readers() {
    let page = Site::start();
    let server = Model::EventLoop.start(known_by_a_cookie().allow_origin(&page.origin()));
    let url = url(server.address());
    let Some(found) = attempts_with(COOKIE, &page.origin(), &url, "") else { return };
    // A fetch that says nothing of cookies sends none to another origin; a WebSocket always does.
    let expected = ["fetch of JSON", "fetch of JSON with a token", "fetch of XML"];
    assert_eq!(answered(&found), expected, "{found:#?}");
    assert_eq!(calls_of(&server), expected.len() as u64, "{found:#?}");
}

#[test]
fn a_page_that_may_uses_its_readers_cookie() {
    let page = Site::start();
    let server = known_by_a_cookie().allow_origin_with_credentials(&page.origin());
    let server = Model::EventLoop.start(server);
    let url = url(server.address());
    let Some(found) = attempts_with(COOKIE, &page.origin(), &url, "") else { return };
    let expected = [
        "WebSocket",
        "WebSocket, native",
        "fetch of JSON",
        "fetch of JSON with a token",
        "fetch of JSON with cookies",
        "fetch of XML",
    ];
    assert_eq!(answered(&found), expected, "{found:#?}");
    // A beacon of JSON is sent with cookies, after a preflight, and the page does not see its reply.
    assert_eq!(calls_of(&server), expected.len() as u64 + 1, "{found:#?}");
}
