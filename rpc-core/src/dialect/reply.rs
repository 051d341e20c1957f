//! Reads a reply, on the client's side.

use serde_json::value::RawValue;

use crate::protocol::json::{Kind, Reader, Span};
use crate::protocol::{Fault, Limits, ProtocolError, code};

use super::{Dialect, json_rpc};

/// What a server sends.
#[derive(Debug)]
pub(crate) enum FromServer<'m> {
    /// The reply to a call.
    Reply(ReplyMessage<'m>),
    /// The notice that the server is about to stop.
    Draining,
    /// A call or a notification, of a server that expects more of its clients than this one does.
    Call,
}

/// A reply as it came.
#[derive(Debug)]
pub(crate) struct ReplyMessage<'m> {
    /// The id, where there is one.
    pub(crate) id: Option<u64>,
    /// The result's JSON text, or the fault.
    pub(crate) outcome: Result<ResultText<'m>, Fault>,
}

/// A result's JSON text.
#[derive(Debug)]
pub(crate) enum ResultText<'m> {
    /// It stands there in the message.
    At(Span<'m>),
    /// It was made of what stands there.
    #[cfg_attr(not(feature = "xmlrpc"), allow(dead_code))]
    Made(String),
}

/// A result's JSON text apart from its message.
#[derive(Debug)]
pub(crate) struct OwnedText {
    pub(crate) text: String,
    /// Whether an escape may stand in a string of it.
    pub(crate) has_escapes: bool,
}

impl ResultText<'_> {
    /// The same apart from its message.
    pub(crate) fn apart(self) -> OwnedText {
        match self {
            Self::At(Span { text, has_escapes, .. }) => {
                OwnedText { text: text.to_owned(), has_escapes }
            }
            Self::Made(text) => OwnedText { text, has_escapes: true },
        }
    }
}

/// Reads one message in the dialect the client speaks.
pub(crate) fn read_reply<'m>(
    dialect: Dialect,
    message: &'m [u8],
    limits: &Limits,
) -> Result<FromServer<'m>, ProtocolError> {
    #[cfg(feature = "xmlrpc")]
    if dialect == Dialect::XmlRpc {
        let outcome = super::xml_rpc::read_reply(message, limits)
            .map_err(|fault| ProtocolError::NotAReply(fault.message().to_owned()))?;
        let outcome = outcome.map(ResultText::Made);
        return Ok(FromServer::Reply(ReplyMessage { id: None, outcome }));
    }
    let text = Reader::text(message)?;
    let usual = match dialect {
        Dialect::Native => read_usual(text, limits),
        Dialect::JsonRpc => read_usual_json_rpc(text, limits),
        _ => None,
    };
    if let Some(reply) = usual {
        return Ok(FromServer::Reply(reply));
    }
    read_any(dialect, text, limits)
}

/// Reads `{"res":…,"id":…}`, byte for byte as servers of this crate write it; `None` says nothing of
/// the message.
fn read_usual<'m>(text: &'m str, limits: &Limits) -> Option<ReplyMessage<'m>> {
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
    reader.is_last(b'}').then_some(ReplyMessage { id, outcome: Ok(ResultText::At(result)) })
}

/// Reads `{"jsonrpc":"2.0","result":…,"id":…}` or, as other servers write it,
/// `{"jsonrpc":"2.0","id":…,"result":…}`; `None` says nothing of the message.
fn read_usual_json_rpc<'m>(text: &'m str, limits: &Limits) -> Option<ReplyMessage<'m>> {
    let mut reader = Reader::new(text, limits.depth);
    if !reader.enter(b"{\"jsonrpc\":\"2.0\",\"") {
        return None;
    }
    let mut id = None;
    if reader.step(b"id\":") {
        id = Some(reader.small_number()?);
        if !reader.step(b",\"") {
            return None;
        }
    }
    if !reader.step(b"result\":") || reader.is_at_white() {
        return None;
    }
    let result = reader.span().ok()?;
    if id.is_none() && reader.step(b",\"id\":") {
        id = Some(reader.small_number()?);
    }
    let id = id?.parse().ok();
    reader.is_last(b'}').then_some(ReplyMessage { id, outcome: Ok(ResultText::At(result)) })
}

/// Reads a reply with any members in any order.
fn read_any<'m>(
    dialect: Dialect,
    text: &'m str,
    limits: &Limits,
) -> Result<FromServer<'m>, ProtocolError> {
    let mut reader = Reader::new(text, limits.depth);
    let success = match dialect {
        Dialect::Native | Dialect::NativeWithoutIds => "res",
        Dialect::Ping | Dialect::JsonRpc => "result",
        #[cfg(feature = "xmlrpc")]
        Dialect::XmlRpc => return Err(ProtocolError::NotAReply("it is JSON".to_owned())),
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
    let mut error = error.filter(|error| error.text != "null");
    if dialect == Dialect::Ping && out == Some("\"error\"") {
        error = result.take();
    }
    let outcome = match (error, result) {
        (Some(error), _) if is_json_rpc => Err(json_rpc::restore(read_fault(error.text))),
        (Some(error), _) => Err(read_fault(error.text)),
        (None, Some(result)) => Ok(ResultText::At(result)),
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
        for reply in replies {
            assert_same(Dialect::Native, reply.as_bytes());
        }
        let replies = [
            r#"{"jsonrpc":"2.0","result":6,"id":123456}"#,
            r#"{"jsonrpc":"2.0","id":0,"result":[{"a":"é\n"},-0.5e1]}"#,
            r#"{"jsonrpc":"2.0","result":"text","id":99999999999999999999}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":2,"id":3}"#,
            r#"{"jsonrpc":"2.0","result":2}"#,
        ];
        for reply in replies {
            assert_same(Dialect::JsonRpc, reply.as_bytes());
        }
    }

    /// Compares the two with any byte changed, added or taken away.
    fn assert_same(dialect: Dialect, reply: &[u8]) {
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
                            format!("{:?}", read_reply(dialect, message, &limits)),
                            format!("{:?}", read_any(dialect, text, &limits)),
                            "{text}",
                        );
                    }
                }
            }
        }
    }
}
