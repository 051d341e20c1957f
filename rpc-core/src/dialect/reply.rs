//! Reads a reply, on the client's side.

use std::ops::Range;

use serde_json::value::RawValue;

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Fault, Limits, ProtocolError, code};

use super::Dialect;

/// What a server sends.
#[derive(Debug)]
pub(crate) enum FromServer {
    /// The reply to a call.
    Reply(ReplyMessage),
    /// The notice that the server is about to stop.
    Draining,
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
    let mut reader = Reader::new(text, limits.depth);
    let success = match dialect {
        Dialect::Native | Dialect::NativeWithoutIds => "res",
        Dialect::Ping => "result",
    };
    let (mut result, mut error, mut id, mut out, mut notice) = (None, None, None, None, None);
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
    // Some peers always send both, one of them null.
    let mut error = error.filter(|error| &text[error.clone()] != "null");
    if dialect == Dialect::Ping && out == Some("\"error\"") {
        error = result.take();
    }
    let outcome = match (error, result) {
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
