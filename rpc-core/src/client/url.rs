//! The URLs that name servers.

use std::borrow::Cow;
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
    /// Whether that is done over TLS.
    pub(super) is_secure: bool,
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
        if names_user(url) {
            return invalid(
                "an address carries no name and password here; `.basic(user, password)` says them",
            );
        }
        let Some((scheme, rest)) = url.split_once("://").filter(|_| !url.starts_with("unix:"))
        else {
            return Ok(None);
        };
        let (scheme, is_secure) = match scheme.to_ascii_lowercase().as_str() {
            "tcp" => (Scheme::Tcp, false),
            "tls" => (Scheme::Tcp, true),
            "http" => (Scheme::Http, false),
            "https" => (Scheme::Http, true),
            "ws" => (Scheme::WebSocket, false),
            "wss" => (Scheme::WebSocket, true),
            _ => {
                return invalid(
                    "servers are named `host:port`, `tcp://host:port`, `unix:/path`, \
                     `http://host[:port][/path]` or `ws://host[:port][/path]`, and with TLS \
                     `tls://host:port`, `https://…` or `wss://…`",
                );
            }
        };
        if is_secure && cfg!(not(feature = "tls")) {
            return Err(io::Error::new(
                ErrorKind::Unsupported,
                "TLS takes the feature `tls` of rpc-core",
            ));
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
            return invalid(if is_secure {
                "an address of TLS without HTTP is `tls://host:port`"
            } else {
                "a TCP address is `tcp://host:port`"
            });
        }
        let usual_port = if is_secure { 443 } else { 80 };
        let address = if has_port { host.to_owned() } else { format!("{host}:{usual_port}") };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Some(Self { scheme, is_secure, address, host: host.to_owned(), path }))
    }

    /// The host without its port.
    #[cfg(feature = "tls")]
    pub(super) fn host_name(&self) -> &str {
        self.address.rsplit_once(':').map_or(&self.address, |(host, _)| host)
    }
}

/// Whether somebody's name, and a password maybe, stands before the host.
fn names_user(url: &str) -> bool {
    url.contains('@') && !url.starts_with("unix:")
}

/// A URL as it may be shown.
pub(super) fn without_password(url: &str) -> Cow<'_, str> {
    match url.rfind('@').filter(|_| names_user(url)) {
        Some(at) => {
            let is_scheme =
                |end: &usize| url[..*end].bytes().all(|byte| byte.is_ascii_alphanumeric());
            let scheme = url.find("://").filter(is_scheme).map_or(0, |end| end + 3).min(at);
            format!("{}…{}", &url[..scheme], &url[at..]).into()
        }
        None => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Url, without_password};

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("http://ada:s3@cret/@h/path", "http://…@h/path"),
            ("ada:s3cret@h:80", "…@h:80"),
            ("h:80", "h:80"),
            ("unix:/run/a@b.sock", "unix:/run/a@b.sock"),
            ("ada:s@://h", "…@://h"),
        ] {
            assert_eq!(without_password(url), shown);
            assert_eq!(Url::of(url).is_err(), shown != url);
        }
    }

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
            let parts = Url { scheme, is_secure: false, address, host, path };
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
            "ftp://h",
            "tls://h",
            "tls://h:1/path",
            "https://",
            "tcp://h",
            "tcp://h:1/path",
            "http://#h",
            "http://h/ #part",
        ] {
            assert!(Url::of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn urls_with_tls_have_a_port_of_their_own() {
        for (url, scheme, address, name, host) in [
            ("https://h", Scheme::Http, "h:443", "h", "h"),
            ("HTTPS://[::1]/a", Scheme::Http, "[::1]:443", "[::1]", "[::1]"),
            ("wss://h:90/a", Scheme::WebSocket, "h:90", "h", "h:90"),
            ("tls://10.0.0.1:5000", Scheme::Tcp, "10.0.0.1:5000", "10.0.0.1", "10.0.0.1:5000"),
        ] {
            let read = Url::of(url);
            if cfg!(not(feature = "tls")) {
                let said = read.unwrap_err().to_string();
                assert!(said.contains("the feature `tls`"), "{said}");
                continue;
            }
            let parts = read.unwrap().unwrap();
            assert!(parts.is_secure, "{url}");
            assert_eq!((parts.scheme, &*parts.address, &*parts.host), (scheme, address, host));
            #[cfg(feature = "tls")]
            assert_eq!(parts.host_name(), name);
            let _ = name;
        }
    }
}
