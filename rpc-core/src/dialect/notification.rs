//! The notifications in which callers of JSON-RPC get what they have subscribed to, as clients of Ethereum and of
//! jsonrpsee read them: `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":7,"result":…}}`.

use crate::protocol::Fault;

use super::json_rpc::write_error;
use super::parts::append;

/// What stands behind an item.
pub(crate) const ITEM_END: &[u8] = b"}}";

/// The code of the error that says that there are no further items, although nothing has gone wrong.
const ENDED: i64 = 0;

/// What stands before an item.
pub(crate) fn item_head(method: &str, id: u64) -> Vec<u8> {
    let mut out = Vec::new();
    begin(&mut out, method, id);
    out.extend_from_slice(b"\"result\":");
    out
}

/// Appends that there are no further items. Clients know no word for it, and many wait for ever where none comes;
/// what they take for the end is an error.
pub(crate) fn write_end(out: &mut Vec<u8>, method: &str, id: u64, says_end: bool) {
    if !says_end {
        let fault = Fault::new(ENDED, "the function has ended: there are no further items");
        return write_fault(out, method, id, &fault);
    }
    begin(out, method, id);
    out.extend_from_slice(b"\"done\":true");
    out.extend_from_slice(ITEM_END);
}

/// Appends that there are no further items because something has gone wrong.
pub(crate) fn write_fault(out: &mut Vec<u8>, method: &str, id: u64, fault: &Fault) {
    begin(out, method, id);
    out.extend_from_slice(b"\"error\":");
    write_error(out, fault);
    out.extend_from_slice(ITEM_END);
}

fn begin(out: &mut Vec<u8>, method: &str, id: u64) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
    append(out, method);
    out.extend_from_slice(b",\"params\":{\"subscription\":");
    append(out, &id);
    out.push(b',');
}
