//! Requests that a server wants to have at another path.

use std::sync::Arc;

use crate::client::url::{Scheme, Url};
use crate::error::Error;
use crate::protocol::ProtocolError;

use super::Target;

/// How often the requests of a client go somewhere else at most.
const MOVES: usize = 16;

impl Target {
    /// Sends further requests where an error says that this one belongs, if that is on the same host
    /// and by a status that keeps the method and the body (RFC 9110, sections 15.4.8 and 15.4.9).
    #[cold]
    pub(in crate::client) fn follow(&self, error: &Error) -> bool {
        let Error::Protocol(error) = error else { return false };
        let ProtocolError::Http { status: 307 | 308, headers, .. } = error.cause() else {
            return false;
        };
        let location = headers.strip_prefix("Location: ").and_then(|rest| rest.split("; ").next());
        let (now, moves) = self.latest();
        let Some(path) = location.and_then(|location| now.path_of(location)) else { return false };
        // Another call may have been told before.
        now.is_at(&path)
            || (moves < MOVES && now.moved.set(Arc::new(now.at(&path))).is_ok())
            || self.latest().0.is_at(&path)
    }

    /// The path of a location, if it is on this host, and with TLS if this is.
    fn path_of(&self, location: &str) -> Option<String> {
        let address = |url: &str| match Url::of(url) {
            Ok(Some(Url { scheme: Scheme::Http, is_secure, address, path, .. }))
                if is_secure == self.is_secure =>
            {
                Some((address, path))
            }
            _ => None,
        };
        let own = format!("{}://{}", if self.is_secure { "https" } else { "http" }, self.host);
        let is_path = location.starts_with('/') && !location.starts_with("//");
        let place = if is_path { format!("{own}{location}") } else { location.to_owned() };
        let (host, path) = address(&place)?;
        host.eq_ignore_ascii_case(&address(&own)?.0).then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ProtocolError, Target};
    use crate::client::Dialect;

    fn first_line(target: &Target) -> String {
        let mut head = Vec::new();
        target.write_head(&mut head, 2);
        String::from_utf8(head).unwrap().lines().next().unwrap().to_owned()
    }

    #[test]
    fn requests_move_on_their_host_alone() {
        let target = Target::new(("h:80", false), "/a", &[], &[], Dialect::JsonRpc).unwrap();
        let told = |status, location: &str| {
            let headers = format!("Location: {location}; Content-Type: text/html").into();
            target.follow(&Error::from(ProtocolError::Http {
                status,
                headers,
                said: String::new(),
            }))
        };
        for (status, location) in [
            (302, "/b"),
            (301, "/b"),
            (307, "http://other/b"),
            (307, "http://h:81/b"),
            (307, "https://h/b"),
            (307, "//other/b"),
            (307, "b"),
            (307, "/b c"),
            (307, ""),
        ] {
            assert!(!told(status, location), "{status} {location}");
        }
        assert_eq!(first_line(&target), "POST /a HTTP/1.1");
        assert!(told(308, "/b?x=1") && told(308, "/b?x=1"));
        assert_eq!(first_line(&target), "POST /b?x=1 HTTP/1.1");
        assert!(told(307, "http://H/c"));
        assert_eq!(first_line(&target), "POST /c HTTP/1.1");
        assert!(!(0..100).all(|n| told(307, &format!("/{n}"))));
    }

    #[test]
    #[cfg(feature = "tls")]
    fn requests_over_tls_do_not_leave_it() {
        let target = Target::new(("h", true), "/a", &[], &[], Dialect::JsonRpc).unwrap();
        let told = |location: &str| {
            let headers = format!("Location: {location}").into();
            let said = String::new();
            target.follow(&Error::from(ProtocolError::Http { status: 308, headers, said }))
        };
        for location in ["http://h/b", "http://h:443/b", "https://other/b", "https://h:80/b"] {
            assert!(!told(location), "{location}");
        }
        assert!(told("https://h:443/b") && told("/c"));
        assert_eq!(first_line(&target), "POST /c HTTP/1.1");
    }
}
