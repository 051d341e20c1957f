//! Metadata on its way out: several sets of it in one, and as headers before the body of a request.

/// Metadata that a call has itself, before what it has from further out.
pub(super) fn merged<'m>(
    own: &'m [(String, String)],
    outer: &'m [(String, String)],
) -> impl Iterator<Item = &'m (String, String)> {
    let is_new = |name: &str| !own.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    own.iter().chain(outer.iter().filter(move |(name, _)| is_new(name)))
}

/// Appends a line for each.
pub(super) fn write_headers<'m>(
    out: &mut Vec<u8>,
    metadata: impl Iterator<Item = &'m (String, String)>,
) {
    for (name, value) in metadata {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// How many bytes the headers are that stand before a body. No header's name begins as a body does.
#[cfg_attr(not(feature = "tokio"), allow(dead_code))]
pub(super) fn own_headers(message: &[u8]) -> usize {
    let mut size = 0;
    while let Some(rest) = message.get(size..)
        && rest.first().is_some_and(|first| !b"{[<".contains(first))
        && let Some(end) = rest.windows(2).position(|end| end == b"\r\n")
    {
        size += end + 2;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::own_headers;

    #[test]
    fn headers_are_told_from_the_body_by_its_first_byte() {
        for body in ["{\"a\":\"\r\n\"}", "[]", "<?xml?>\r\n", ""] {
            for headers in ["", "a: \r\n", "a: {\r\nb: <[\r\n"] {
                assert_eq!(own_headers(format!("{headers}{body}").as_bytes()), headers.len());
            }
        }
    }
}
