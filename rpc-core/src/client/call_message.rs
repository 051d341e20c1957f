//! How a call's message begins by a client's settings, with metadata: a member of it or, over HTTP, headers.

use crate::dialect::write_metadata;
use crate::error::Misuse;
use crate::protocol::{ArgumentError, Arguments};

use super::metadata::{merged, write_headers};
use super::{ClientBuilder, headers};

impl ClientBuilder {
    /// Says of metadata, before a call is sent with it, that it cannot travel.
    #[inline]
    pub(super) fn check_metadata(&self, metadata: &[(String, String)]) -> Result<(), Misuse> {
        if metadata.is_empty() { Ok(()) } else { self.check_each(metadata) }
    }

    #[cold]
    #[inline(never)]
    fn check_each(&self, metadata: &[(String, String)]) -> Result<(), Misuse> {
        for (name, value) in metadata {
            let problem = if self.target.is_some() {
                let is_trimmed = value.trim_matches([' ', '\t']).len() == value.len();
                let padded = (!is_trimmed).then_some("HTTP takes away the spaces around its value");
                let is_said = self.headers.iter().any(|(ours, _)| name.eq_ignore_ascii_case(ours));
                let said = is_said.then_some("a header of the client's has that name already");
                let is_agent = name.eq_ignore_ascii_case("User-Agent");
                let agent = is_agent.then_some("the client says it; `.header(…)` sets it");
                headers::problem(name, value).or(padded).or(agent).or(said)
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
    /// [`own_headers`](super::metadata::own_headers) finds them there. Those for the client's are the same in every request.
    #[inline]
    pub(super) fn begin_call(
        &self,
        out: &mut Vec<u8>,
        method: &str,
        arguments: &impl Arguments,
        metadata: &[(String, String)],
    ) -> Result<(), ArgumentError> {
        let is_plain = metadata.is_empty() && (self.metadata.is_empty() || self.target.is_some());
        if is_plain {
            return self.dialect.begin_call(out, method, arguments);
        }
        self.begin_call_saying(out, method, arguments, metadata)
    }

    #[cold]
    #[inline(never)]
    fn begin_call_saying(
        &self,
        out: &mut Vec<u8>,
        method: &str,
        arguments: &impl Arguments,
        metadata: &[(String, String)],
    ) -> Result<(), ArgumentError> {
        let all = merged(metadata, &self.metadata);
        if self.target.is_some() {
            write_headers(out, all);
            return self.dialect.begin_call(out, method, arguments);
        }
        self.dialect.begin_call(out, method, arguments)?;
        out.extend_from_slice(b",\"metadata\":");
        write_metadata(out, all);
        Ok(())
    }
}
