//! Web pages: whose may call, and to which names a server answers.

use tests::{HttpPeer, WebSocket};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::wire::ADD;

pub(super) const PROMISES: &[Promise] = &[Promise::of_servers(
    "pages",
    Model::ALL,
    pages,
    "a page of another origin, or one that came by a name that is not the server's, gets 403 by POST, GET and \
     WebSocket, and is granted nothing",
)
.side_by_side()];

/// Hosts with further headers, and whether they may call.
const CALLERS: [(&str, &str, bool); 22] = [
    ("localhost", "", true),
    ("LocalHost:5000", "", true),
    ("127.0.0.1:5000", "", true),
    ("10.1.2.3", "", true),
    ("[::1]:80", "", true),
    ("example.org", "", false),
    ("localhost.evil.example", "", false),
    ("127.0.0.1.evil.example", "", false),
    ("127.1", "", false),
    ("localhost@evil.example", "", false),
    ("evil.example@localhost", "", false),
    ("localhost:5000", "Origin: http://localhost:5000\r\n", true),
    ("localhost:5000", "Sec-Fetch-Site: none\r\n", true),
    ("localhost:5000", "Origin: http://localhost\r\n", false),
    ("localhost:5000", "Origin: http://localhost:5001\r\n", false),
    ("localhost:5000", "Origin: https://evil.example\r\n", false),
    ("localhost:5000", "Origin: https://evil.example\r\nSec-Fetch-Site: same-origin\r\n", false),
    ("localhost:5000", "Origin: null\r\n", false),
    ("localhost:5000", "Origin: \r\n", false),
    ("localhost:5000", "Origin: http://localhost:5000\r\nOrigin: https://evil.example\r\n", false),
    ("localhost:5000", "Sec-Fetch-Site: cross-site\r\n", false),
    ("localhost:5000", "Sec-Fetch-Site: same-site\r\n", false),
];

/// Callers of all kinds, each by three ways.
fn pages(setup: Setup) -> Figures {
    let server = setup.serve("");
    let address = server.address().socket_addr().unwrap();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (host, headers, may) in CALLERS {
        for (method, types) in
            [("POST", "application/json"), ("POST", "text/plain"), ("GET", "application/json")]
        {
            let body = if method == "POST" { ADD } else { "" };
            let length = body.len();
            let mut peer = HttpPeer::connect(address);
            let response = peer.exchange(&format!(
                "{method} /healthz HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Type: {types}\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            ));
            asked += 1;
            let grants = response.headers.iter().any(|line| line.starts_with("access-control"));
            let expected = match (may, types) {
                (false, _) => 403,
                (true, "text/plain") => 415,
                (true, _) => 200,
            };
            if response.status != expected || grants {
                wrong.push(format!("{method} to {host} with {headers:?}: {response:?}"));
            }
        }
        let opened = WebSocket::open_with(address, |request| {
            request.replace("Host: localhost\r\n", &format!("Host: {host}\r\n{headers}"))
        });
        asked += 1;
        let is_right = match &opened {
            Ok(_) => may,
            Err(head) => !may && head.starts_with("HTTP/1.1 403 "),
        };
        if !is_right {
            wrong.push(format!("a WebSocket to {host} with {headers:?}: {opened:?}"));
        }
    }
    Figures::new().told("requests", f64::from(asked), "").none_of("wrong answers", &wrong)
}
