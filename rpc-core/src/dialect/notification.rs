//! The notifications in which callers of JSON-RPC get what they have subscribed to, as clients of Ethereum and of
//! jsonrpsee read them: `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":7,"result":…}}`.

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Fault, ProtocolError};

use super::items::ItemBatch;
use super::json_rpc::{restore, write_error};
use super::parts::append;
use super::read_fault::read_fault;

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

/// Appends the call that ends a subscription, of this id as JSON text, but for its own end.
pub(crate) fn begin_unsubscribing(out: &mut Vec<u8>, method: &str, id: &str) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
    append(out, method);
    out.extend_from_slice(b",\"params\":[");
    out.extend_from_slice(id.as_bytes());
    out.push(b']');
}

/// What a notification says of a subscription.
#[derive(Debug)]
pub(crate) enum News {
    Item(ItemBatch),
    /// There are no further items, and why.
    End(Result<(), Fault>),
}

impl News {
    /// How many bytes of text it keeps.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Item(item) => item.bytes,
            Self::End(Ok(())) => 0,
            Self::End(Err(fault)) => {
                (fault.message().len() + fault.data().map_or(0, str::len)) as u64
            }
        }
    }
}

/// Reads a notification: the JSON text of the subscription's id, and what is said of it. `None` where it is about
/// something else.
pub(crate) fn read(message: &[u8], depth: usize) -> Option<(&str, News)> {
    let (mut id, mut result, mut error, mut is_done) = (None, None, None, false);
    let mut reader = Reader::new(Reader::text(message).ok()?, depth);
    let read = reader.object(|reader, key| {
        if key.resolve() != "params" || reader.kind()? != Kind::Object {
            reader.value()?;
            return Ok(());
        }
        reader.object(|reader, key| {
            let value = reader.value()?;
            match key.resolve().as_ref() {
                "subscription" => id = Some(value),
                "result" => result = Some(value),
                "error" if value != "null" => error = Some(value),
                "done" => is_done = value == "true",
                _ => {}
            }
            Ok::<_, ProtocolError>(())
        })
    });
    read.ok()?;
    let news = match (error, result) {
        (Some(error), _) => {
            let fault = restore(read_fault(error));
            News::End(if fault.code() == ENDED { Ok(()) } else { Err(fault) })
        }
        (None, Some(item)) => News::Item(ItemBatch::one(item)),
        (None, None) if is_done => News::End(Ok(())),
        (None, None) => return None,
    };
    Some((id?, news))
}

fn begin(out: &mut Vec<u8>, method: &str, id: u64) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
    append(out, method);
    out.extend_from_slice(b",\"params\":{\"subscription\":");
    append(out, &id);
    out.push(b',');
}
