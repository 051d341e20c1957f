//! The headers in which proxies say for whom they ask: `Forwarded` (RFC 7239) and `X-Forwarded-For`.
//!
//! Both are read from the right, where the nearest proxy has written: what stands left of that may be a caller's, and
//! is not to spoil it.

use std::net::{IpAddr, Ipv6Addr};

/// The header in which proxies say for whom they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ForwardingHeader {
    /// Either of them. Where both come, and do not agree, neither counts: one of them may be the caller's. The default.
    #[default]
    Either,
    /// `Forwarded` (RFC 7239) alone.
    Forwarded,
    /// `X-Forwarded-For` alone.
    XForwardedFor,
}

/// The addresses in the values of `Forwarded`, the last first; `None` for one that cannot be read.
pub(super) fn by_forwarded<'v>(values: &'v [&str]) -> impl Iterator<Item = Option<IpAddr>> + 'v {
    values.iter().rev().flat_map(|value| Elements(Some(value))).map(address_in)
}

/// The same of `X-Forwarded-For`.
pub(super) fn by_x_forwarded_for<'v>(
    values: &'v [&str],
) -> impl Iterator<Item = Option<IpAddr>> + 'v {
    values.iter().rev().flat_map(|value| value.rsplit(',')).map(|text| {
        let text = trim(text);
        // IPv6 stands there with brackets and without.
        text.parse().ok().map(|address: IpAddr| address.to_canonical()).or_else(|| node(text))
    })
}

/// The elements of a list, the last first. A comma within quotes ends none.
struct Elements<'v>(Option<&'v str>);

impl<'v> Iterator for Elements<'v> {
    type Item = &'v str;

    fn next(&mut self) -> Option<&'v str> {
        let text = self.0?;
        let mut quoted = false;
        for (at, byte) in text.bytes().enumerate().rev() {
            match byte {
                b'"' if !is_escaped(text, at) => quoted = !quoted,
                b',' if !quoted => {
                    self.0 = text.get(..at);
                    return text.get(at + 1..);
                }
                _ => {}
            }
        }
        self.0 = None;
        Some(text)
    }
}

/// Whether an odd number of backslashes stands before a byte.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The address behind `for` in one element.
fn address_in(element: &str) -> Option<IpAddr> {
    let mut found = None;
    let mut rest = element;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let (value, behind) = value(behind)?;
        if trim(name).eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
        match trim(behind).strip_prefix(';') {
            Some(behind) => rest = behind,
            None if trim(behind).is_empty() => break,
            None => return None,
        }
    }
    node(found?)
}

/// A token or what stands within quotes, and what follows. An address has no escapes.
fn value(text: &str) -> Option<(&str, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c == ';' || c.is_whitespace()).unwrap_or(text.len());
        let (token, behind) = text.split_at(end);
        return (!token.is_empty() && !token.contains('"')).then_some((token, behind));
    };
    let end =
        quoted.bytes().enumerate().find(|(at, byte)| *byte == b'"' && !is_escaped(quoted, *at));
    let (end, _) = end?;
    Some((quoted.get(..end)?, quoted.get(end + 1..)?))
}

/// An address with a port or without: IPv6 in brackets.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        return is_port(rest).then_some(IpAddr::V6(address).to_canonical());
    }
    let (address, port) = text.split_at(text.find(':').unwrap_or(text.len()));
    let address = address.parse().ok()?;
    is_port(port).then_some(IpAddr::V4(address))
}

/// Whether this is a port behind a colon, hidden or not, or nothing.
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        None => text.is_empty(),
        Some(port) => match port.strip_prefix('_') {
            Some(hidden) => {
                let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
                !hidden.is_empty() && hidden.bytes().all(of_name)
            }
            None => (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()),
        },
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::{by_forwarded, by_x_forwarded_for};

    fn shown(addresses: impl Iterator<Item = Option<std::net::IpAddr>>) -> Vec<String> {
        addresses.map(|hop| hop.map_or("?".to_owned(), |hop| hop.to_string())).collect()
    }

    #[test]
    fn the_elements_of_forwarded_are_read_from_the_right() {
        for (value, hops) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", &["192.0.2.60"][..]),
            (r#"For="[2001:db8:cafe::17]:4711""#, &["2001:db8:cafe::17"]),
            (r#"for="[2001:db8::1]""#, &["2001:db8::1"]),
            (r#"for="192.0.2.43:47011""#, &["192.0.2.43"]),
            (r#"for="192.0.2.43:_hidden""#, &["192.0.2.43"]),
            ("for=192.0.2.43, for=198.51.100.17", &["198.51.100.17", "192.0.2.43"]),
            (r#"proto=https ; for=192.0.2.1 ;by="a,b;c=\"d""#, &["192.0.2.1"]),
            (r#"for=" , for=192.0.2.1"#, &["192.0.2.1", "?"]),
            (r#"for="a, for=192.0.2.1, for="[::1]""#, &["::1", "192.0.2.1", "?"]),
            ("for=unknown", &["?"]),
            ("for=_hidden", &["?"]),
            (r#"for="2001:db8::1""#, &["?"]),
            ("for=[2001:db8::1]", &["2001:db8::1"]),
            (r#"for="1.2.3.4"5"#, &["?"]),
            (r#"for=1.2.3.4""#, &["?"]),
            (r#"for="1.2.3.\4""#, &["?"]),
            ("for=1.2.3.4;for=1.2.3.5", &["?"]),
            ("for=1.2.3.4;", &["?"]),
            ("proto=http", &["?"]),
            ("for =1.2.3.4", &["1.2.3.4"]),
            ("for= 1.2.3.4", &["?"]),
            ("for=1.2.3.4 x", &["?"]),
            ("", &["?"]),
            ("ä=ö;for=\"ü", &["?"]),
        ] {
            assert_eq!(shown(by_forwarded(&[value])), hops, "{value}");
        }
        let lines = ["for=1.1.1.1", "for=2.2.2.2, for=3.3.3.3"];
        assert_eq!(shown(by_forwarded(&lines)), ["3.3.3.3", "2.2.2.2", "1.1.1.1"]);
    }

    #[test]
    fn so_is_x_forwarded_for() {
        for (value, hops) in [
            (
                "203.0.113.195, 2001:db8::1 ,\t[2001:db8::2], 10.0.0.1:4711",
                &["10.0.0.1", "2001:db8::2", "2001:db8::1", "203.0.113.195"][..],
            ),
            ("[2001:db8::2]:80", &["2001:db8::2"]),
            ("::ffff:10.0.0.1", &["10.0.0.1"]),
            ("unknown", &["?"]),
            ("", &["?"]),
            ("1.2.3.4:", &["?"]),
            ("1.2.3.4:123456", &["?"]),
            ("1.2.3.4.", &["?"]),
            ("\"1.2.3.4\"", &["?"]),
            ("[1.2.3.4]", &["?"]),
        ] {
            assert_eq!(shown(by_x_forwarded_for(&[value])), hops, "{value}");
        }
    }
}
