//! Reads a reply, on the client's side.

use std::ops::Range;

use serde_json::value::RawValue;

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Fault, Limits, ProtocolError, code};

use super::{Dialect, json_rpc};

/// What a server sends.
#[derive(Debug)]
pub(crate) enum FromServer {
    /// The reply to a call.
    Reply(ReplyMessage),
    /// The notice that the server is about to stop.
    Draining,
    /// A call or a notification, of a server that expects more of its clients than this one does.
    Call,
}

/// A reply as it came.
#[derive(Debug)]
pub(crate) struct ReplyMessage {
    /// The id, where there is one.
    pub(crate) id: Option<u64>,
    /// Where the result stands in the message, or the fault.
    pub(crate) outcome: Result<Range<usize>, Fault>,
}

/// Reads one message in the dialect the client speaks.
pub(crate) fn read_reply(
    dialect: Dialect,
    message: &[u8],
    limits: &Limits,
) -> Result<FromServer, ProtocolError> {
    let text = Reader::text(message)?;
    if dialect == Dialect::Native
        && let Some(reply) = read_usual(text, limits)
    {
        return Ok(FromServer::Reply(reply));
    }
    read_any(dialect, text, limits)
}

/// Reads `{"res":…,"id":…}`, byte for byte as servers of this crate write it; `None` says nothing of
/// the message.
fn read_usual(text: &str, limits: &Limits) -> Option<ReplyMessage> {
    let mut reader = Reader::new(text, limits.depth);
    // With white space before the result there is more behind it, and that is seen here.
    if !reader.enter(b"{\"res\":") || reader.is_at_white() {
        return None;
    }
    let result = reader.span().ok()?;
    if !reader.step(b",\"id\":") {
        return None;
    }
    let id = reader.small_number()?.parse().ok();
    reader.is_last(b'}').then_some(ReplyMessage { id, outcome: Ok(result) })
}

/// Reads a reply with any members in any order.
fn read_any(dialect: Dialect, text: &str, limits: &Limits) -> Result<FromServer, ProtocolError> {
    let mut reader = Reader::new(text, limits.depth);
    let success = match dialect {
        Dialect::Native | Dialect::NativeWithoutIds => "res",
        Dialect::Ping | Dialect::JsonRpc => "result",
    };
    let (mut result, mut error, mut id, mut out, mut notice) = (None, None, None, None, None);
    let (mut is_call, mut is_json_rpc) = (false, dialect == Dialect::JsonRpc);
    if reader.kind()? != Kind::Object {
        return Err(ProtocolError::NotAReply("it is not a JSON object".to_owned()));
    }
    reader.object(|reader, key| {
        match key.resolve().as_ref() {
            name if name == success => result = Some(reader.span()?),
            // In any dialect: a server that could not read what it was sent answers in its own.
            "error" => error = Some(reader.span()?),
            "id" => id = Some(reader.value()?),
            "out" => out = Some(reader.value()?),
            "notice" => notice = Some(reader.value()?),
            // A server that could not read a call may say so in this dialect whatever it was spoken to in.
            "jsonrpc" => {
                is_json_rpc = true;
                reader.value()?;
            }
            "method" if dialect == Dialect::JsonRpc => {
                is_call = true;
                reader.value()?;
            }
            _ => {
                reader.value()?;
            }
        }
        Ok::<_, ProtocolError>(())
    })?;
    reader.end()?;
    if notice == Some("\"draining\"") && result.is_none() && error.is_none() {
        return Ok(FromServer::Draining);
    }
    if is_call && result.is_none() && error.is_none() {
        return Ok(FromServer::Call);
    }
    // Some peers always send both, one of them null.
    let mut error = error.filter(|error| &text[error.clone()] != "null");
    if dialect == Dialect::Ping && out == Some("\"error\"") {
        error = result.take();
    }
    let outcome = match (error, result) {
        (Some(error), _) if is_json_rpc => Err(json_rpc::restore(read_fault(&text[error]))),
        (Some(error), _) => Err(read_fault(&text[error])),
        (None, Some(result)) => Ok(result),
        (None, None) => {
            return Err(ProtocolError::NotAReply(format!("it has no `{success}`")));
        }
    };
    Ok(FromServer::Reply(ReplyMessage { id: id.and_then(|id| id.parse().ok()), outcome }))
}

/// Reads a fault's object. What another implementation sends in its place is kept as data.
fn read_fault(text: &str) -> Fault {
    #[derive(serde::Deserialize)]
    struct Object {
        code: i64,
        message: String,
        #[serde(default)]
        data: Option<Box<RawValue>>,
    }
    match serde_json::from_str::<Object>(text) {
        Ok(Object { code, message, data }) => Fault::new(code, message).with_raw_data(data),
        Err(_) => {
            let message = serde_json::from_str::<String>(text)
                .unwrap_or_else(|_| "the other side failed the call".to_owned());
            Fault::new(code::INTERNAL_ERROR, message)
                .with_raw_data(RawValue::from_string(text.to_owned()).ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Limits, read_any, read_reply};

    #[test]
    fn a_reply_reads_the_same_whether_in_the_usual_form_or_any() {
        let replies = [
            r#"{"res":6,"id":123456}"#,
            r#"{"res":[{"a":"é\n"},-0.5e1],"id":0}"#,
            r#"{"res":"text","id":99999999999999999999}"#,
        ];
        for reply in replies.map(str::as_bytes) {
            for at in 0..=reply.len() {
                let (before, after) = reply.split_at(at);
                for byte in *b"\"\\{}[],: 01-.eE\n\x01r" {
                    let changed = [before, &[byte], after.get(1..).unwrap_or_default()].concat();
                    for message in [before, &[before, &[byte], after].concat(), &changed] {
                        let Ok(text) = std::str::from_utf8(message) else {
                            continue;
                        };
                        for depth in 0..4 {
                            let limits = Limits { depth, ..Limits::default() };
                            assert_eq!(
                                format!("{:?}", read_reply(Dialect::Native, message, &limits)),
                                format!("{:?}", read_any(Dialect::Native, text, &limits)),
                                "{text}",
                            );
                        }
                    }
                }
            }
        }
    }
}
