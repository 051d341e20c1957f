//! The native dialect: `method_name`, `method_args`, `method_kwargs`, answered with `res` or `error`.

use std::time::Duration;

use crate::protocol::{ArgumentError, Arguments, ArrayWriter, Credit, Fault, ObjectWriter};

use super::parts::{append, write_fault_object};

/// What stands before a result.
pub(super) const RESULT: &[u8] = b"{\"res\":";

/// What stands before items.
pub(super) const ITEMS: &[u8] = b"{\"items\":[";

/// What a server that is about to stop says to peers whose calls have ids.
pub(super) const DRAINING: &[u8] = b"{\"notice\":\"draining\"}";

/// What a client says when nobody waits for a call's result any more.
pub(super) fn write_cancel(out: &mut Vec<u8>, id: u64) {
    out.extend_from_slice(b"{\"cancel\":");
    append(out, &id);
    out.push(b'}');
}

/// What a server says when more of an upload may be sent: so many items and bytes since it began.
pub(super) fn write_granted(out: &mut Vec<u8>, id: &str, total: Credit) {
    out.extend_from_slice(b"{\"credit\":");
    out.extend_from_slice(id.as_bytes());
    write_amounts(out, b",\"items\":", total);
}

/// What a client says behind the last item of an upload.
pub(super) fn write_end(out: &mut Vec<u8>, id: u64) {
    out.extend_from_slice(b"{\"end\":");
    append(out, &id);
    out.push(b'}');
}

/// What a client says when more of a stream may be sent: so many items and bytes since it began.
pub(super) fn write_credit(out: &mut Vec<u8>, id: u64, total: Credit) {
    out.extend_from_slice(b"{\"credit\":");
    append(out, &id);
    write_amounts(out, b",\"items\":", total);
}

fn write_amounts(out: &mut Vec<u8>, before: &[u8], Credit { items, bytes }: Credit) {
    out.extend_from_slice(before);
    append(out, &items);
    out.extend_from_slice(b",\"bytes\":");
    append(out, &bytes);
    out.push(b'}');
}

/// What a call says of its reply.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// The reply carries this id, and is waited for so long where it says.
    Id(u64, Option<Duration>),
    /// There is to be none.
    Notify,
    /// Nothing: the reply comes in its turn.
    Nothing,
}

impl Ending {
    pub(super) fn of(id: Option<u64>, timeout: Option<Duration>) -> Self {
        id.map_or(Self::Notify, |id| Self::Id(id, timeout))
    }
}

/// Appends a call but for its end. Both kinds of arguments are always there, because servers in the
/// style of Python's `d["method_kwargs"]` look for both.
pub(super) fn begin_call(
    out: &mut Vec<u8>,
    method: &str,
    arguments: &impl Arguments,
) -> Result<(), ArgumentError> {
    out.extend_from_slice(b"{\"method_name\":");
    append(out, method);
    out.extend_from_slice(b",\"method_args\":[");
    arguments.write_positional(&mut ArrayWriter::new(out))?;
    out.extend_from_slice(b"],\"method_kwargs\":{");
    arguments.write_keyword(&mut ObjectWriter::new(out))?;
    out.push(b'}');
    Ok(())
}

/// Appends the end of a call.
pub(super) fn end_call(out: &mut Vec<u8>, ending: Ending) {
    match ending {
        Ending::Id(id, timeout) => write_id(out, id, timeout),
        Ending::Notify => out.extend_from_slice(b",\"notify\":true"),
        Ending::Nothing => {}
    }
    out.push(b'}');
}

/// Appends the end of a call that is answered with items, of which so many may be sent to begin with.
pub(super) fn end_stream_call(
    out: &mut Vec<u8>,
    id: u64,
    timeout: Option<Duration>,
    window: Credit,
) {
    write_id(out, id, timeout);
    write_amounts(out, b",\"stream\":{\"items\":", window);
    out.push(b'}');
}

/// Appends the end of a call after which items of an argument come; where it is answered with items itself, so many may
/// be sent to begin with.
pub(super) fn end_uploading_call(
    out: &mut Vec<u8>,
    id: u64,
    timeout: Option<Duration>,
    window: Option<Credit>,
) {
    write_id(out, id, timeout);
    if let Some(window) = window {
        write_amounts(out, b",\"stream\":{\"items\":", window);
    }
    out.extend_from_slice(b",\"upload\":true}");
}

#[inline]
fn write_id(out: &mut Vec<u8>, id: u64, timeout: Option<Duration>) {
    out.extend_from_slice(b",\"id\":");
    append(out, &id);
    // Rounded up, and left out where it is beyond what a server reads.
    let ms = timeout.map(|timeout| timeout.as_nanos().div_ceil(1_000_000));
    if let Some(ms) = ms.and_then(|ms| u64::try_from(ms).ok()) {
        out.extend_from_slice(b",\"timeout_ms\":");
        append(out, &ms);
    }
}

/// Appends what stands behind a result or a fault.
pub(super) fn end(out: &mut Vec<u8>, id: Option<&str>) {
    if let Some(id) = id {
        out.extend_from_slice(b",\"id\":");
        out.extend_from_slice(id.as_bytes());
    }
    out.push(b'}');
}

/// Appends what stands behind items.
pub(super) fn end_items(out: &mut Vec<u8>, id: Option<&str>) {
    out.push(b']');
    end(out, id);
}

/// Appends a fault.
pub(super) fn write_fault(out: &mut Vec<u8>, id: Option<&str>, fault: &Fault) {
    out.extend_from_slice(b"{\"error\":");
    write_fault_object(out, fault);
    end(out, id);
}
