//! Writes the results of `system.multicall`, each apart from the others.

use crate::protocol::json::Reader;
use crate::protocol::{Fault, ProtocolError, code};

use super::extensions::Extensions;
use super::write::{tag, write_text};
use super::{begin_response, end_response, write_fault_struct};

/// Appends the reply whose result is this JSON array, element by element. One that cannot be sent, or for
/// whose so many bytes there `is_room` no more, is a fault in its place and no other's.
pub(crate) fn write_results(
    out: &mut Vec<u8>,
    json: &str,
    extensions: Extensions,
    is_room: impl Fn(usize) -> bool,
) -> Result<(), ProtocolError> {
    begin_response(out, extensions);
    tag(out, "<value><array><data>");
    Reader::new(json, usize::MAX).array(|reader| {
        let element = reader.value()?;
        let start = out.len();
        let written = write_text(out, element, extensions);
        let size = out.len() - start;
        let fault = match written {
            Ok(()) if is_room(size) => return Ok(()),
            Ok(()) => Fault::new(
                code::REPLY_TOO_LARGE,
                format!(
                    "the function has run, but its result of {size} bytes finds no room: the reply has \
                     a limit, `Limits::max_message_bytes`"
                ),
            ),
            Err(problem) => Fault::new(
                code::INTERNAL_ERROR,
                format!("the function has run, but its result cannot be sent: {problem}"),
            ),
        };
        out.truncate(start);
        write_fault_struct(out, &fault);
        Ok::<_, ProtocolError>(())
    })?;
    tag(out, "</data></array></value>");
    end_response(out);
    Ok(())
}

/// How many elements a JSON array has.
pub(crate) fn count_results(json: &str) -> Result<usize, ProtocolError> {
    let mut count = 0;
    Reader::new(json, usize::MAX).array(|reader| {
        count += 1;
        reader.value().map(drop)
    })?;
    Ok(count)
}
