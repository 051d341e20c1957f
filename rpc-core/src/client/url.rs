//! The URLs that name servers.

use std::io::{self, ErrorKind};

/// How a server is spoken to, by its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Tcp,
    Http,
    WebSocket,
}

/// A URL taken apart (RFC 3986, section 3).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) scheme: Scheme,
    /// The host and port to connect to.
    pub(super) address: String,
    /// The host and port as the URL has them.
    pub(super) host: String,
    /// The path, with the query.
    pub(super) path: String,
}

impl Url {
    /// Takes a URL apart; `None` where it is an address without a scheme, or that of a Unix socket.
    pub(super) fn of(url: &str) -> io::Result<Option<Self>> {
        let invalid = |problem: &str| Err(io::Error::new(ErrorKind::InvalidInput, problem));
        let Some((scheme, rest)) = url.split_once("://").filter(|_| !url.starts_with("unix:"))
        else {
            return Ok(None);
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "tcp" => Scheme::Tcp,
            "http" => Scheme::Http,
            "ws" => Scheme::WebSocket,
            "https" | "wss" => {
                return invalid(
                    "TLS is not spoken here; put a proxy in front that adds it, and connect to \
                     that by `http://` or `ws://`",
                );
            }
            _ => {
                return invalid(
                    "servers are named `host:port`, `tcp://host:port`, `unix:/path`, \
                     `http://host[:port][/path]` or `ws://host[:port][/path]`",
                );
            }
        };
        if rest.contains('@') {
            return invalid(
                "a URL carries no password here; give it as a header: \
                 `.header(\"Authorization\", …)`",
            );
        }
        // A fragment is for whoever has the URL, and is not sent (RFC 9110, section 7.1).
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        if rest.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return invalid("a URL is `scheme://host[:port][/path][?query]`, in ASCII");
        }
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // The colons of an IPv6 address stand in brackets.
        let has_port = host.rfind(':') > host.rfind(']');
        if host.is_empty() || host.starts_with(':') {
            return invalid("the URL names no host: `scheme://host[:port][/path][?query]`");
        }
        if scheme == Scheme::Tcp && (!has_port || !matches!(path, "" | "/")) {
            return invalid("a TCP address is `tcp://host:port`");
        }
        let address = if has_port { host.to_owned() } else { format!("{host}:80") };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Some(Self { scheme, address, host: host.to_owned(), path }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Url};

    #[test]
    fn urls_are_taken_apart() {
        for (url, scheme, address, host, path) in [
            ("ws://localhost", Scheme::WebSocket, "localhost:80", "localhost", "/"),
            ("ws://h:5000", Scheme::WebSocket, "h:5000", "h:5000", "/"),
            ("HTTP://10.0.0.1:1/rpc?key=1", Scheme::Http, "10.0.0.1:1", "10.0.0.1:1", "/rpc?key=1"),
            ("http://h?x", Scheme::Http, "h:80", "h", "/?x"),
            ("http://h/http://", Scheme::Http, "h:80", "h", "/http://"),
            ("http://[::1]/a", Scheme::Http, "[::1]:80", "[::1]", "/a"),
            ("http://h/a?b#part?c", Scheme::Http, "h:80", "h", "/a?b"),
            ("http://h:1#/part", Scheme::Http, "h:1", "h:1", "/"),
            ("ws://h/#", Scheme::WebSocket, "h:80", "h", "/"),
            ("ws://[::1]:90/a", Scheme::WebSocket, "[::1]:90", "[::1]:90", "/a"),
            ("tcp://localhost:5000", Scheme::Tcp, "localhost:5000", "localhost:5000", "/"),
        ] {
            let (address, host, path) = (address.into(), host.into(), path.into());
            let parts = Url { scheme, address, host, path };
            assert_eq!(Url::of(url).unwrap().unwrap(), parts, "{url}");
        }
        for address in ["localhost:5000", "unix:/ws://", "unix:///run/sum.sock", "[::1]:5000"] {
            assert!(Url::of(address).unwrap().is_none());
        }
        for url in [
            "ws://",
            "ws:///path",
            "ws://a b/",
            "ws://a/\r\nX: y",
            "http://u:p@h/",
            "http://:80/",
            "wss://h/",
            "https://h",
            "ftp://h",
            "tcp://h",
            "tcp://h:1/path",
            "http://#h",
            "http://h/ #part",
        ] {
            assert!(Url::of(url).is_err(), "{url}");
        }
    }
}
