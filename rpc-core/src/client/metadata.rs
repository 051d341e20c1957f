//! Metadata on its way out: a member of a call's message or, over HTTP, headers of its request.

use crate::dialect::write_metadata;
use crate::error::Misuse;
use crate::protocol::{ArgumentError, Arguments};

use super::{ClientBuilder, headers};

/// Metadata that a call has itself, before what it has from further out.
pub(super) fn merged<'m>(
    own: &'m [(String, String)],
    outer: &'m [(String, String)],
) -> impl Iterator<Item = &'m (String, String)> {
    let is_new = |name: &str| !own.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    own.iter().chain(outer.iter().filter(move |(name, _)| is_new(name)))
}

impl ClientBuilder {
    /// Says of metadata, before a call is sent with it, that it cannot travel.
    pub(super) fn check_metadata(&self, metadata: &[(String, String)]) -> Result<(), Misuse> {
        for (name, value) in metadata {
            let problem = if self.target.is_some() {
                let is_trimmed = value.trim_matches([' ', '\t']).len() == value.len();
                let padded = (!is_trimmed).then_some("HTTP takes away the spaces around its value");
                headers::problem(name, value).or(padded)
            } else {
                let has_place = self.dialect.has_metadata();
                (!has_place).then_some("the dialect has no place for it, except over HTTP")
            };
            if let Some(problem) = problem {
                return Err(Misuse::Metadata { name: name.clone(), problem: problem.to_owned() });
            }
        }
        Ok(())
    }

    /// Appends a call but for its end, with its metadata and the client's.
    ///
    /// Over HTTP the headers for a call's own metadata stand before the body, a line each;
    /// [`own_headers`] finds them there. Those for the client's are the same in every request.
    pub(super) fn begin_call(
        &self,
        out: &mut Vec<u8>,
        method: &str,
        arguments: &impl Arguments,
        metadata: &[(String, String)],
    ) -> Result<(), ArgumentError> {
        let by_headers = self.target.is_some();
        if metadata.is_empty() && (by_headers || self.metadata.is_empty()) {
            return self.dialect.begin_call(out, method, arguments);
        }
        let all = merged(metadata, &self.metadata);
        if by_headers {
            write_headers(out, all);
            return self.dialect.begin_call(out, method, arguments);
        }
        self.dialect.begin_call(out, method, arguments)?;
        out.extend_from_slice(b",\"metadata\":");
        write_metadata(out, all);
        Ok(())
    }
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
