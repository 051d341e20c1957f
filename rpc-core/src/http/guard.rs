//! Which hosts this server is, and which web pages may call it.
//!
//! Any web page can send requests to a server on the reader's own machine or network. Two headers that
//! a page cannot forge tell: `Host` names the server the page believes to speak to (RFC 9110, section
//! 7.2), and `Origin` the page (RFC 6454). A page whose own name was made to point here (DNS
//! rebinding) is known by the first, any other by the second.
//!
//! Where cookies say who calls, browsers say it for any page that has them send a request (CSRF). So a request that
//! runs calls by a cookie must come from a page that may: it says so in `Origin`, which browsers send with each
//! POST and each handshake of a WebSocket (Fetch, section 3.2), or in `Sec-Fetch-Site` (Fetch Metadata, section 2.3).
//! That is OWASP's "Cross-Site Request Forgery Prevention", "Fetch Metadata" and "Verifying Origin With Standard
//! Headers"; one that says neither is refused, as is advised there.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, AUTHORIZATION, HeaderMap, HeaderName,
    HeaderValue, UPGRADE, VARY,
};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, StatusCode, Version};

use crate::error::Misuse;
use crate::registry::cookies;

use super::known::{Known, Single};
use super::origin;
use super::refusal::Refusal;

/// What a server was told about its names and about pages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    origins: Vec<Grant>,
    /// Headers that pages of those origins may send, besides [`HEADERS`].
    headers: Vec<String>,
    /// Cookies that say who calls.
    cookies: Vec<String>,
    /// Subprotocols of WebSockets that are chosen besides those of the same meaning.
    subprotocols: Vec<String>,
}

/// Headers that pages may send which may call. A page has to know a token to put it into `Authorization`.
const HEADERS: [&str; 2] = ["content-type", "authorization"];

/// A page's origin that may call.
#[derive(Debug, Clone)]
struct Grant {
    origin: String,
    /// Whether its requests may carry cookies and the like.
    credentials: bool,
}

/// What a request's page was granted: the headers its browser wants to see.
#[derive(Debug, Clone, Default)]
pub(super) struct Granted {
    headers: HeaderMap,
}

impl Guard {
    pub(crate) fn allow_host(&mut self, host: &str) {
        self.hosts.push(without_root(host).to_ascii_lowercase());
    }

    pub(crate) fn allow_origin(&mut self, origin: &str, credentials: bool) {
        let origin = origin.trim_end_matches('/').to_ascii_lowercase();
        self.origins.push(Grant { origin, credentials });
    }

    pub(crate) fn take_cookie(&mut self, name: &str) {
        self.cookies.push(name.to_owned());
    }

    /// Refuses what lets no page in, or lets every page act as whoever reads it.
    pub(crate) fn check(&self) -> Result<(), Misuse> {
        for grant in &self.origins {
            if let Some(problem) = origin::problem(&grant.origin) {
                return Err(misuse("allow_origin", &grant.origin, problem));
            }
        }
        if let Some(name) = self.cookies.iter().find(|name| HeaderName::try_from(*name).is_err()) {
            let problem = "no cookie has this name; it has letters, digits and hyphens";
            return Err(misuse("cookie_credentials", name, problem));
        }
        let is_any = |grant: &&Grant| grant.origin == origin::ANY;
        if self.origins.iter().any(|grant| is_any(&grant) && grant.credentials) {
            let problem = "every page that anybody reads could call as they; name each origin";
            return Err(misuse("allow_origin_with_credentials", origin::ANY, problem));
        }
        let has_credentials =
            !self.cookies.is_empty() || self.origins.iter().any(|grant| grant.credentials);
        if has_credentials && self.origins.iter().any(|grant| is_any(&grant)) {
            let problem = "here cookies say who calls, so pages have to be known; name each origin that \
                           may call, or do without `cookie_credentials` and \
                           `allow_origin_with_credentials`";
            return Err(misuse("allow_origin", origin::ANY, problem));
        }
        Ok(())
    }

    pub(crate) fn allow_headers(&mut self, names: impl Iterator<Item = String>) {
        self.headers.extend(names);
    }

    pub(crate) fn allow_subprotocol(&mut self, name: &str) {
        self.subprotocols.push(name.to_owned());
    }

    /// Whether a subprotocol of this name was allowed.
    pub(super) fn knows_subprotocol(&self, name: &str) -> bool {
        self.subprotocols.iter().any(|known| known == name)
    }

    /// The first of the headers that is none, or of the subprotocols, whose names are made of the same
    /// characters.
    pub(crate) fn no_header(&self) -> Option<&str> {
        let is_none = |name: &&String| HeaderName::try_from(name.as_str()).is_err();
        self.headers.iter().chain(&self.subprotocols).find(is_none).map(String::as_str)
    }

    /// The list of headers that pages may send.
    fn allowed_headers(&self) -> Option<HeaderValue> {
        let mut all: Vec<_> = HEADERS.iter().map(|name| (*name).to_owned()).collect();
        let more = self.headers.iter().map(|name| name.to_ascii_lowercase());
        all.extend(more.filter(|name| !HEADERS.contains(&name.as_str())));
        HeaderValue::try_from(all.join(", ")).ok()
    }

    /// Lets a request pass, or says why not.
    pub(super) fn admit(&self, request: &Parts, known: &Known<'_>) -> Result<Granted, Refusal> {
        let granted = self.admit_page(request, known)?;
        if !self.cookies.is_empty() {
            self.admit_cookies(request, known, &granted)?;
        }
        Ok(granted)
    }

    /// Lets a request pass that runs calls by a cookie, if it comes from a page that may.
    #[cold]
    fn admit_cookies(
        &self,
        request: &Parts,
        known: &Known<'_>,
        granted: &Granted,
    ) -> Result<(), Refusal> {
        let only_looks = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS)
            && !request.headers.contains_key(UPGRADE);
        let is_there = |name: &&String| cookies::values(&request.headers, name).next().is_some();
        // No page can have a browser send this header unasked, and it goes before cookies.
        let says_more = request.headers.contains_key(AUTHORIZATION);
        let Some(cookie) = self.cookies.iter().find(is_there).filter(|_| !only_looks && !says_more)
        else {
            return Ok(());
        };
        // A page of another origin has been refused already, unless that was allowed.
        let Some(origin) = known.origin.first() else {
            return match known.site {
                Single::One(site) if site == "same-origin" || site == "none" => Ok(()),
                _ => Err(Refusal::new(
                    StatusCode::FORBIDDEN,
                    format!(
                        "a request that says by the cookie {cookie:?} who calls must say which page \
                         it comes from; a program sends `Origin` with this server's own, or a \
                         credential in `Authorization`"
                    ),
                )),
            };
        };
        match self.grant(origin) {
            // Its own pages are granted nothing: they need nothing.
            Some(grant) if !grant.credentials && !granted.headers.is_empty() => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                format!(
                    "pages of the origin {origin:?} may not call by the cookie {cookie:?}; \
                     `TcpServer::allow_origin_with_credentials` grants it to them"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// What pages of this origin were granted.
    fn grant(&self, origin: &HeaderValue) -> Option<&Grant> {
        let text = origin.to_str().unwrap_or_default();
        let is = |known: &str| known == origin::ANY || known.eq_ignore_ascii_case(text);
        // Whatever was granted to it more than once holds.
        let grants = self.origins.iter().filter(|grant| is(&grant.origin));
        grants.max_by_key(|grant| grant.credentials)
    }

    /// Lets the request of a page pass that may call, and that of whoever is no page.
    fn admit_page(&self, request: &Parts, known: &Known<'_>) -> Result<Granted, Refusal> {
        let host = self.host(request, known.host)?;
        let Some(origin) = known.origin.first() else {
            return is_from_elsewhere(known).map_or(Ok(Granted::default()), Err);
        };
        let text = origin.to_str().unwrap_or_default();
        if matches!(known.origin, Single::One(_)) {
            let is_own = text
                .split_once("://")
                .zip(host)
                .is_some_and(|((_, page), host)| page.eq_ignore_ascii_case(host));
            // Of the same host and by another scheme, it is a page of another origin.
            let elsewhere = is_own.then(|| is_from_elsewhere(known)).flatten();
            if is_own && elsewhere.is_none() {
                return Ok(Granted::default());
            }
            if let Some(grant) = self.grant(origin) {
                return Ok(grant.to(origin, request, self));
            }
            if let Some(refusal) = elsewhere {
                return Err(refusal);
            }
        }
        // A browser that asks beforehand reads from the headers that are missing that it may not.
        if request.method == Method::OPTIONS {
            return Ok(Granted::default());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!(
                "pages of the origin {text:?} may not call this server; \
                 `TcpServer::allow_origin` grants it to those of one origin"
            ),
        ))
    }

    /// The host the request was sent to, where it is one of this server's names.
    fn host<'r>(&self, request: &'r Parts, header: Single<'r>) -> Result<Option<&'r str>, Refusal> {
        let bad = |what| Refusal::new(StatusCode::BAD_REQUEST, what);
        let header = match header {
            Single::One(host) => Some(host.to_str().unwrap_or_default()),
            Single::Missing => None,
            Single::Several(_) => return Err(bad("the request has more than one Host header")),
        };
        // In HTTP/2 the host stands here, in HTTP/1 where a proxy was to be asked.
        let target = request.uri.authority().map(Authority::as_str);
        if header.is_none() && target.is_none() && request.version == Version::HTTP_11 {
            return Err(bad("the request has no Host header, which HTTP/1.1 requires"));
        }
        for host in target.into_iter().chain(header) {
            if !self.is_own(without_root(without_port(host))) {
                let Ok(host) = Authority::try_from(host) else {
                    return Err(bad("the Host header names no host"));
                };
                return Err(Refusal::new(
                    StatusCode::FORBIDDEN,
                    format!(
                        "this server is not known as {:?}; \
                         `TcpServer::allow_host` adds a name to `localhost` and IP addresses",
                        host.host()
                    ),
                ));
            }
        }
        Ok(target.or(header))
    }

    fn is_own(&self, host: &str) -> bool {
        let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<Ipv4Addr>().is_ok()
            || v6.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
            || self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }
}

fn misuse(setting: &str, said: &str, problem: &'static str) -> Misuse {
    Misuse::WebPages { setting: format!("{setting}({said:?})").into(), problem }
}

/// The host of an authority: what stands before its port (RFC 3986, section 3.2.3).
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// A name without the dot of the root behind it, which names the same host (RFC 1034, section 3.1).
fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Requests that a page makes without saying which, as for an image, say at least where they are made.
fn is_from_elsewhere(known: &Known<'_>) -> Option<Refusal> {
    let site = known.site.first()?.as_bytes();
    (site == b"cross-site" || site == b"same-site").then(|| {
        Refusal::new(
            StatusCode::FORBIDDEN,
            "pages of another origin may not call this server unasked; \
             `TcpServer::allow_origin` grants it to those of one origin",
        )
    })
}

impl Grant {
    /// The headers that grant it, as the fetch standard has them (CORS protocol).
    fn to(&self, origin: &HeaderValue, request: &Parts, guard: &Guard) -> Granted {
        let mut headers = HeaderMap::new();
        let mut say = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        say(VARY, "Origin");
        if self.credentials {
            say(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if request.method == Method::OPTIONS {
            say(ACCESS_CONTROL_ALLOW_METHODS, "POST");
            say(ACCESS_CONTROL_MAX_AGE, "600");
            headers
                .extend(guard.allowed_headers().map(|names| (ACCESS_CONTROL_ALLOW_HEADERS, names)));
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        Granted { headers }
    }
}

impl Granted {
    /// Puts the headers on the response.
    pub(super) fn put(self, response: &mut HeaderMap) {
        response.extend(self.headers);
    }
}
