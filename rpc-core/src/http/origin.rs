//! What can be an origin of web pages, as browsers write it (RFC 6454, section 6.2; HTML, "serialization of an origin").

/// Any page's.
pub(super) const ANY: &str = "*";

/// Why no page has this origin, and what to do.
pub(super) fn problem(origin: &str) -> Option<&'static str> {
    if origin == ANY {
        return None;
    }
    if origin == "null" {
        return Some(
            "`null` is said by frames and files of anybody; serve the page from an origin",
        );
    }
    let Some((scheme, host)) = origin.split_once("://") else {
        return Some("an origin begins with its scheme, as in `https://app.example`");
    };
    let port = host.rsplit_once(':').map(|(_, port)| port);
    match (scheme.is_empty() || host.is_empty(), port) {
        (true, _) => Some("an origin has a scheme and a host, as in `https://app.example`"),
        _ if host.contains('*') => {
            Some("`*` stands for nothing within an origin; name each, or allow `*` alone")
        }
        _ if host.contains(|c: char| matches!(c, '/' | '?' | '#' | '@') || c.is_whitespace()) => {
            Some("an origin ends with its host or its port; take away what stands around it")
        }
        _ if !host.is_ascii() => {
            Some("browsers write such a host in punycode, `xn--…`; write that")
        }
        (_, Some("443")) if scheme.eq_ignore_ascii_case("https") => {
            Some("browsers leave out the port 443 after `https`; leave it out")
        }
        (_, Some("80")) if scheme.eq_ignore_ascii_case("http") => {
            Some("browsers leave out the port 80 after `http`; leave it out")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn an_origin_is_as_browsers_write_it() {
        for origin in [
            "*",
            "https://app.example",
            "http://localhost:5173",
            "http://[::1]:80a",
            "http://[::1]",
            "https://xn--bcher-kva.example",
            "https://app.example:80",
            "chrome-extension://abcdefghijklmnop",
            "tauri://localhost",
        ] {
            assert_eq!(problem(origin), None, "{origin}");
        }
        for (origin, part) in [
            ("null", "frames and files"),
            ("", "scheme"),
            ("app.example", "scheme"),
            ("https:app.example", "scheme"),
            ("://app.example", "scheme and a host"),
            ("https://", "scheme and a host"),
            ("https://app.example/page", "ends with its host"),
            ("https://ada@app.example", "ends with its host"),
            ("https://app.example ", "ends with its host"),
            ("https://*.example", "stands for nothing"),
            ("https://bücher.example", "punycode"),
            ("https://app.example:443", "443"),
            ("http://app.example:80", "80"),
        ] {
            assert!(problem(origin).is_some_and(|words| words.contains(part)), "{origin}");
        }
    }
}
