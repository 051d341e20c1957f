//! The page that shows the functions, as HTTP: which paths it has, what is said with it, whom it is refused.

#![allow(clippy::unwrap_used)]

use axum::Router;
use rpc_core::protocol::Protocol;
use rpc_core::{FunctionRegistry, RpcServer};
use tests::{HttpPeer, Model, Response, run};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

fn assert_page(response: &Response, about: &str) {
    assert_eq!(response.status, 200, "{about}");
    assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"), "{about}");
    assert!(response.body.starts_with("<!doctype html>"), "{about}");
}

#[test]
fn the_page_and_its_files_are_served_beside_everything_else() {
    Model::each(|model| {
        let server = model.start(RpcServer::of(FunctionRegistry::new()));
        let mut peer = HttpPeer::connect(server.address());
        for path in ["/", "/docs", "/docs/", "/docs?x=y", "/behind/a/proxy/docs"] {
            assert_page(&peer.exchange(&get(path, "")), path);
        }
        let page = peer.exchange(&get("/docs", "")).body;
        let mut files = vec!["docs/page.css".to_owned(), "docs/page.js".to_owned()];
        for file in &files {
            assert!(page.contains(&format!("\"{file}\"")), "{page}");
        }
        let mut count = 0;
        while let Some(file) = files.pop() {
            let response = peer.exchange(&get(&format!("/{file}"), ""));
            assert_eq!(response.status, 200, "{file}");
            let is_style = file.rsplit_once('.').is_some_and(|(_, kind)| kind == "css");
            let expected = if is_style { "text/css" } else { "text/javascript" };
            let expected = format!("{expected}; charset=utf-8");
            assert_eq!(response.header("content-type"), Some(expected.as_str()), "{file}");
            if file.ends_with("page.js") {
                let imports = response.body.lines().filter_map(|line| line.split_once(" from './"));
                files.extend(
                    imports.map(|(_, name)| format!("docs/{}", name.trim_end_matches("';"))),
                );
            }
            count += 1;
        }
        assert!(count > 5, "{count}");
        assert_eq!(peer.exchange(&get("/healthz", "")).body, "alive\n");
        assert_eq!(peer.exchange(&get("/readyz", "")).body, "ready\n");
        assert!(
            peer.ask(r#"{"jsonrpc":"2.0","method":"system.listMethods","id":1}"#)
                .body
                .contains("result")
        );
        for path in
            ["/docs/nothing.js", "/docs/../Cargo.toml", "/docs/docs_page.rs", "/docsx", "/rpc"]
        {
            assert_eq!(peer.exchange(&get(path, "")).status, 405, "{path}");
        }
    });
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_has_no_markup_that_runs() {
    let server = Model::EventLoop.start(RpcServer::of(FunctionRegistry::new()));
    let page = HttpPeer::connect(server.address()).exchange(&get("/docs", "")).body;
    for (before, _) in page.match_indices("src=").chain(page.match_indices("href=")) {
        let target = page[before..].split('"').nth(1).unwrap();
        let is_own = ["docs/", "#", "data:,"].iter().any(|start| target.starts_with(start));
        assert!(is_own, "{target}");
    }
    for inline in ["<style", "style=", " on", "javascript:"] {
        let found = page.match_indices(inline).find(|(at, _)| {
            let rest = &page[at + inline.len()..];
            inline != " on" || rest.trim_start_matches(char::is_alphabetic).starts_with('=')
        });
        assert_eq!(found, None);
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("<script type=\"module\" src=\"docs/page.js\"></script>"));
}

#[test]
fn what_is_said_with_it_keeps_it_to_itself() {
    Model::each(|model| {
        let server = model.start(RpcServer::of(FunctionRegistry::new()));
        let mut peer = HttpPeer::connect(server.address());
        for path in ["/", "/docs", "/docs/page.js", "/docs/page.css"] {
            let whole = peer.exchange(&get(path, ""));
            peer.write(get(path, "").replace("GET", "HEAD").as_bytes());
            let head = peer.receive_without_body().unwrap();
            assert_eq!((head.status, &head.headers), (200, &whole.headers), "{path}");
            for (name, value) in [
                ("content-security-policy", POLICY),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cache-control", "private, no-cache"),
            ] {
                assert_eq!(whole.header(name), Some(value), "{path}");
            }
            let tag = whole.header("etag").unwrap();
            for known in [tag, &format!("\"x\", {tag}"), tag.trim_start_matches("W/"), "*"] {
                let same = peer.exchange(&get(path, &format!("If-None-Match: {known}\r\n")));
                assert_eq!((same.status, same.body.as_str()), (304, ""), "{path} {known}");
                assert_eq!(same.header("etag"), Some(tag));
                assert_eq!(same.header("content-security-policy"), Some(POLICY));
            }
            let other = peer.exchange(&get(path, "If-None-Match: \"x\"\r\n"));
            assert_eq!((other.status, &other.body), (200, &whole.body));
        }
        peer.write(
            get("/docs/page.js", "Accept-Encoding: gzip\r\n").replace("GET", "HEAD").as_bytes(),
        );
        let compressed = peer.receive_without_body().unwrap();
        assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    });
}

#[test]
fn it_is_refused_to_whom_calls_are_refused() {
    Model::each(|model| {
        let server = RpcServer::of(FunctionRegistry::new()).allow_origin("https://app.example");
        let server = model.start(server);
        let mut peer = HttpPeer::connect(server.address());
        for path in ["/", "/docs", "/docs/page.js"] {
            for (headers, status) in [
                ("Sec-Fetch-Site: none\r\n", 200),
                ("Sec-Fetch-Site: same-origin\r\n", 200),
                ("Origin: http://localhost\r\n", 200),
                ("Origin: https://app.example\r\n", 200),
                ("Origin: https://evil.example\r\n", 403),
                ("Origin: null\r\n", 403),
                ("Sec-Fetch-Site: cross-site\r\n", 403),
                ("Sec-Fetch-Site: same-site\r\n", 403),
            ] {
                assert_eq!(peer.exchange(&get(path, headers)).status, status, "{path} {headers}");
            }
            let evil = get(path, "").replace("localhost", "evil.example");
            assert_eq!(peer.exchange(&evil).status, 403, "{path}");
        }
    });
}

fn allowed(peer: &mut HttpPeer, method: &str, path: &str) -> (u16, String) {
    let response = peer.exchange(&format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    (response.status, response.header("allow").unwrap().to_owned())
}

#[test]
fn whoever_asks_is_told_that_the_page_can_be_got() {
    let server = Model::EventLoop.start(RpcServer::of(FunctionRegistry::new()));
    let mut peer = HttpPeer::connect(server.address());
    let shown = "GET, HEAD, POST, OPTIONS".to_owned();
    for path in ["/", "/docs", "/docs/page.js", "/api/docs", "/healthz", "/readyz"] {
        assert_eq!(allowed(&mut peer, "OPTIONS", path), (204, shown.clone()), "{path}");
        assert_eq!(allowed(&mut peer, "PUT", path), (405, shown.clone()), "{path}");
    }
    for path in ["/any", "*"] {
        let expected = (204, "POST, OPTIONS".to_owned());
        assert_eq!(allowed(&mut peer, "OPTIONS", path), expected, "{path}");
    }
}

#[test]
fn one_line_turns_it_off() {
    Model::each(|model| {
        let server = model.start(RpcServer::of(FunctionRegistry::new()).docs_page(false));
        let mut peer = HttpPeer::connect(server.address());
        for path in ["/", "/docs", "/docs/page.js", "/docs/page.css"] {
            let response = peer.exchange(&get(path, ""));
            assert_eq!((response.status, response.header("allow")), (405, Some("POST, OPTIONS")));
        }
        assert_eq!(peer.exchange(&get("/healthz", "")).status, 200);
        assert_eq!(allowed(&mut peer, "OPTIONS", "/docs"), (204, "POST, OPTIONS".to_owned()));
        let closed = RpcServer::of(FunctionRegistry::new()).disable(Protocol::Http);
        let closed = model.start(closed);
        assert_eq!(HttpPeer::connect(closed.address()).exchange(&get("/docs", "")).status, 403);
    });
}

#[test]
fn a_program_that_has_the_service_has_the_page_where_the_service_is() {
    run(async {
        let service = |is_served| {
            let server = RpcServer::of(FunctionRegistry::new()).docs_page(is_served);
            server.into_service().unwrap()
        };
        let app = Router::new()
            .nest_service("/api", service(true))
            .route_service("/rpc", service(true))
            .route_service("/rpc/{*rest}", service(true))
            .nest_service("/off", service(false));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async { axum::serve(listener, app).await });
        let talk = move || {
            let mut peer = HttpPeer::connect(address);
            for path in ["/api/", "/api/docs", "/rpc/docs"] {
                assert_page(&peer.exchange(&get(path, "")), path);
            }
            for path in ["/api/docs/page.js", "/rpc/docs/page.js"] {
                assert_eq!(peer.exchange(&get(path, "")).status, 200, "{path}");
            }
            for path in ["/rpc", "/off/", "/off/docs"] {
                assert_eq!(peer.exchange(&get(path, "")).status, 405, "{path}");
            }
        };
        spawn_blocking(talk).await.unwrap();
        server.abort();
    });
}

#[test]
fn the_page_is_of_the_size_that_its_guide_states() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../rpc-core/src/http/docs_page");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
    let size: u64 = files.map(|file| file.len()).sum();
    assert!(size < 110_000, "{size} bytes: docs/docs-page.md states what it adds to a program");
}
