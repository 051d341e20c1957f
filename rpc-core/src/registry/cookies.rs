//! Cookies that say who calls, found in a request's headers (RFC 6265, section 4.2).

use hyper::header::{COOKIE, HeaderMap};

/// The values of a cookie, one for each time that it is there. HTTP/2 may have a line for each cookie.
pub(crate) fn values<'h>(
    headers: &'h HeaderMap,
    name: &'h str,
) -> impl Iterator<Item = &'h [u8]> + 'h {
    let lines = headers.get_all(COOKIE).into_iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let (found, value) = pair.trim_ascii().split_at_checked(name.len())?;
        value.strip_prefix(b"=").filter(|_| found == name.as_bytes())
    })
}

/// The value of a cookie, if it is there once and is text.
///
/// # Errors
///
/// Where it is there more than once: another site of the same domain may have added one, and which one
/// is meant, nobody knows.
pub(crate) fn one<'h>(headers: &'h HeaderMap, name: &'h str) -> Result<Option<&'h str>, ()> {
    let mut values = values(headers, name);
    let first = values.next().map(|value| std::str::from_utf8(value).map_err(|_| ()));
    if values.next().is_some() { Err(()) } else { first.transpose() }
}

#[cfg(test)]
mod tests {
    use hyper::header::{COOKIE, HeaderMap, HeaderValue};

    use super::one;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let lines = lines.iter().map(|line| (COOKIE, HeaderValue::from_bytes(line).unwrap()));
        let mut headers = HeaderMap::new();
        lines.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name_wherever_it_stands() {
        type Found<'t> = Result<Option<&'t str>, ()>;
        let found: [(&[&[u8]], Found<'_>); 12] = [
            (&[], Ok(None)),
            (&[b"session=a"], Ok(Some("a"))),
            (&[b"x=1; session=a=b; y=2"], Ok(Some("a=b"))),
            (&[b"x=1;session=\"a\""], Ok(Some("\"a\""))),
            (&[b"x=1", b"session=a"], Ok(Some("a"))),
            (&[b"session="], Ok(Some(""))),
            (&[b"session", b"Session=a", b"sessions=a", b"my-session=a"], Ok(None)),
            (&[b"x=session=a"], Ok(None)),
            (&[b"session=a; session=a"], Err(())),
            (&[b"session=a; session=b"], Err(())),
            (&[b"session=a", b"session=b"], Err(())),
            (&[b"session=\xff"], Err(())),
        ];
        for (lines, value) in found {
            assert_eq!(one(&headers(lines), "session"), value, "{lines:?}");
        }
    }
}
