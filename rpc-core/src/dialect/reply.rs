//! Reads a reply, on the client's side.

use std::ops::Range;

use crate::protocol::json::{Kind, Reader, Span};
use crate::protocol::{Credit, Fault, Limits, ProtocolError};

use super::items::ItemBatch;
use super::read_fault::read_fault;
use super::reply_id::ReplyId;
use super::{Dialect, json_rpc};

/// What a server sends.
#[derive(Debug)]
pub(crate) enum FromServer<'m> {
    /// The reply to a call.
    Reply(ReplyMessage<'m>),
    /// Items of the stream that a call of this id opened.
    Items(ReplyId<'m>, ItemBatch),
    /// There is room for more of the upload of a call of this id, in all.
    Credit(ReplyId<'m>, Credit),
    /// The notice that the server is about to stop.
    Draining,
    /// A call or a notification, of a server that expects more of its clients than this one does.
    Call,
}

/// A reply as it came.
#[derive(Debug)]
pub(crate) struct ReplyMessage<'m> {
    /// Which call it answers.
    pub(crate) id: ReplyId<'m>,
    /// The result's JSON text, or the fault.
    pub(crate) outcome: Result<ResultText<'m>, Fault>,
}

/// A result's JSON text.
#[derive(Debug)]
pub(crate) enum ResultText<'m> {
    /// It stands there in the message.
    At {
        text: &'m str,
        /// Whether an escape may stand in a string of it.
        has_escapes: bool,
    },
    /// It was made of what stands there.
    #[cfg_attr(not(feature = "xmlrpc"), allow(dead_code))]
    Made(String),
}

/// A result's JSON text apart from its message.
#[derive(Debug)]
pub(crate) struct OwnedText {
    text: Kept,
    /// Whether an escape may stand in a string of it.
    pub(crate) has_escapes: bool,
}

/// Text that allocates nothing where it is short, as the numbers and words are that most calls come
/// to.
#[derive(Debug)]
enum Kept {
    Short { bytes: [u8; SHORT], length: u8 },
    Long(String),
}

/// So that it is no larger than an error.
const SHORT: usize = 30;

impl OwnedText {
    /// Keeps a copy.
    pub(crate) fn of(text: &str, has_escapes: bool) -> Self {
        let mut bytes = [0; SHORT];
        let text = match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text.as_bytes());
                Kept::Short { bytes, length }
            }
            _ => Kept::Long(text.to_owned()),
        };
        Self { text, has_escapes }
    }

    /// The items that it is, where it is an array.
    pub(crate) fn items(&self) -> Option<ItemBatch> {
        ItemBatch::of(self.text()).ok()
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        match &self.text {
            // It was text when it was kept.
            Kept::Short { bytes, length } => {
                std::str::from_utf8(&bytes[..usize::from(*length)]).unwrap_or_default()
            }
            Kept::Long(text) => text,
        }
    }
}

impl<'m> ResultText<'m> {
    fn of(Span { text, has_escapes, .. }: Span<'m>) -> Self {
        Self::At { text, has_escapes }
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::At { text, .. } => text,
            Self::Made(text) => text,
        }
    }

    /// The same apart from its message.
    pub(crate) fn apart(self) -> OwnedText {
        match self {
            Self::At { text, has_escapes } => OwnedText::of(text, has_escapes),
            Self::Made(text) => OwnedText { text: Kept::Long(text), has_escapes: true },
        }
    }
}

/// Reads one message in the dialect the client speaks, with up to `depth` levels of nesting.
pub(crate) fn read_reply(
    dialect: Dialect,
    message: &[u8],
    depth: usize,
) -> Result<FromServer<'_>, ProtocolError> {
    let usual = UsualReply::of(dialect, message);
    read_split(dialect, message, usual.as_ref(), depth)
}

/// The same where it has been looked for the usual form before.
pub(crate) fn read_split<'m>(
    dialect: Dialect,
    message: &'m [u8],
    usual: Option<&UsualReply>,
    depth: usize,
) -> Result<FromServer<'m>, ProtocolError> {
    if let Some(usual) = usual
        && let Some(result) = usual.result(message, depth)
    {
        let outcome = Ok(ResultText::of(result));
        return Ok(FromServer::Reply(ReplyMessage { id: ReplyId::Call(usual.id), outcome }));
    }
    #[cfg(feature = "xmlrpc")]
    if dialect == Dialect::XmlRpc {
        let outcome = super::xml_rpc::read_reply(message, depth)
            .map_err(|fault| ProtocolError::NotAReply(fault.message().to_owned()))?;
        let outcome = outcome.map(ResultText::Made);
        return Ok(FromServer::Reply(ReplyMessage { id: ReplyId::Missing, outcome }));
    }
    read_any(dialect, Reader::text(message)?, depth)
}

/// Reads the replies to a batch: an array, or one that answers the whole.
pub(crate) fn read_replies(
    dialect: Dialect,
    message: &[u8],
    depth: usize,
    mut each: impl FnMut(ReplyMessage<'_>),
) -> Result<(), ProtocolError> {
    let mut read = |reader: &mut Reader<'_>| {
        let usual = reader.attempt(|reader| read_usual(dialect, reader));
        let read = usual
            .map_or_else(|| read_object(dialect, reader), |reply| Ok(FromServer::Reply(reply)))?;
        if let FromServer::Reply(reply) = read {
            each(reply);
        }
        Ok(())
    };
    let mut reader = Reader::new(Reader::text(message)?, depth);
    match reader.kind()? {
        Kind::Array => reader.array(read)?,
        _ => read(&mut reader)?,
    }
    reader.end()
}

/// Reads a reply among others in the usual form of [`UsualReply`], from the front.
fn read_usual<'m>(dialect: Dialect, reader: &mut Reader<'m>) -> Option<ReplyMessage<'m>> {
    let has = |found: bool| found.then_some(());
    has(dialect == Dialect::JsonRpc && reader.enter(b"{\"jsonrpc\":\"2.0\",\""))?;
    let (result, id);
    if reader.step(b"result\":") {
        result = reader.span().ok()?;
        has(reader.step(b",\"id\":"))?;
        id = reader.small_number()?;
    } else {
        has(reader.step(b"id\":"))?;
        id = reader.small_number()?;
        has(reader.step(b",\"result\":"))?;
        result = reader.span().ok()?;
    }
    has(reader.leave())?;
    Some(ReplyMessage { id: ReplyId::Call(id.parse().ok()?), outcome: Ok(ResultText::of(result)) })
}

/// Where a reply has what, if it is in its usual form, byte for byte as servers of this crate write it:
/// `{"res":…,"id":…}`, `{"jsonrpc":"2.0","result":…,"id":…}` or, as other servers write it,
/// `{"jsonrpc":"2.0","id":…,"result":…}`.
#[derive(Debug)]
pub(crate) struct UsualReply {
    pub(crate) id: u64,
    result: Range<usize>,
}

impl UsualReply {
    /// Looks at a message's ends; `None` says nothing of the message.
    pub(crate) fn of(dialect: Dialect, message: &[u8]) -> Option<Self> {
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        let before = message.strip_suffix(b"}")?;
        let members = match dialect {
            Dialect::Native => before.strip_prefix(b"{\"res\":")?,
            Dialect::JsonRpc => {
                let members = before.strip_prefix(b"{\"jsonrpc\":\"2.0\",\"")?;
                if let Some(members) = members.strip_prefix(b"id\":") {
                    let digits = members.iter().take_while(is_digit).count();
                    let (id, members) = members.split_at(digits);
                    let result = members.strip_prefix(b",\"result\":")?;
                    return Self::at(before.len() - result.len(), result, id);
                }
                members.strip_prefix(b"result\":")?
            }
            _ => return None,
        };
        let start = before.len() - members.len();
        let digits = members.iter().rev().take_while(is_digit).count();
        let (members, id) = members.split_at(members.len() - digits);
        Self::at(start, members.strip_suffix(b",\"id\":")?, id)
    }

    fn at(start: usize, result: &[u8], id: &[u8]) -> Option<Self> {
        // As many digits as a `u64` always holds.
        let is_number = !id.is_empty() && id.len() <= 18 && (id.len() == 1 || id[0] != b'0');
        // Some peers always send both a result and an error, one of them null.
        if !is_number || result.starts_with(b"null,") {
            return None;
        }
        let id = id.iter().fold(0, |id, digit| id * 10 + u64::from(digit - b'0'));
        Some(Self { id, result: start..start + result.len() })
    }

    /// The result, if it is one value and nothing else: then it does not matter what stands in it that
    /// looks like the end of a message.
    fn result<'m>(&self, message: &'m [u8], depth: usize) -> Option<Span<'m>> {
        let text = Reader::text(message.get(self.result.clone())?).ok()?;
        let depth = depth.min(Limits::MAX_DEPTH).checked_sub(1)?;
        let span = Reader::new(text, depth).span().ok()?;
        if span.text.len() < text.len() { None } else { Some(span) }
    }
}

/// Takes a member, which may stand in a reply once: of two, nobody knows which is meant.
fn once<T>(member: &mut Option<T>, value: T, name: &str) -> Result<(), ProtocolError> {
    match member.replace(value) {
        None => Ok(()),
        Some(_) => Err(ProtocolError::NotAReply(format!("it has `{name}` twice"))),
    }
}

/// Reads a reply with any members in any order.
fn read_any(dialect: Dialect, text: &str, depth: usize) -> Result<FromServer<'_>, ProtocolError> {
    let mut reader = Reader::new(text, depth);
    let read = read_object(dialect, &mut reader)?;
    reader.end()?;
    Ok(read)
}

fn read_object<'m>(
    dialect: Dialect,
    reader: &mut Reader<'m>,
) -> Result<FromServer<'m>, ProtocolError> {
    let success = match dialect {
        Dialect::Native | Dialect::NativeWithoutIds => "res",
        Dialect::Ping | Dialect::JsonRpc => "result",
        #[cfg(feature = "xmlrpc")]
        Dialect::XmlRpc => return Err(ProtocolError::NotAReply("it is JSON".to_owned())),
    };
    let (mut result, mut error, mut id, mut out, mut notice) = (None, None, None, None, None);
    let (mut method, mut version, mut items) = (None, None, None);
    let (mut credit, mut total) = (None, Credit::ENDLESS);
    if reader.kind()? != Kind::Object {
        return Err(ProtocolError::NotAReply("it is not a JSON object".to_owned()));
    }
    reader.object(|reader, key| {
        match key.resolve().as_ref() {
            name if name == success => once(&mut result, reader.span()?, name)?,
            // In any dialect: a server that could not read what it was sent answers in its own.
            "error" => once(&mut error, reader.span()?, "error")?,
            "id" => once(&mut id, reader.value()?, "id")?,
            "out" => once(&mut out, reader.value()?, "out")?,
            "notice" => once(&mut notice, reader.value()?, "notice")?,
            // A server that could not read a call may say so in this dialect whatever it was spoken to in.
            "jsonrpc" => once(&mut version, reader.value()?, "jsonrpc")?,
            "method" if dialect == Dialect::JsonRpc => {
                once(&mut method, reader.value()?, "method")?;
            }
            "items" if dialect.has_streams() && reader.kind()? == Kind::Array => {
                once(&mut items, ItemBatch::read(reader)?, "items")?;
            }
            "credit" if dialect.has_streams() => once(&mut credit, reader.value()?, "credit")?,
            "items" if dialect.has_streams() => {
                total.items = reader.value()?.parse().unwrap_or(total.items);
            }
            "bytes" if dialect.has_streams() => {
                total.bytes = reader.value()?.parse().unwrap_or(total.bytes);
            }
            _ => {
                reader.value()?;
            }
        }
        Ok::<_, ProtocolError>(())
    })?;
    if notice == Some("\"draining\"") && result.is_none() && error.is_none() {
        return Ok(FromServer::Draining);
    }
    if method.is_some() && result.is_none() && error.is_none() {
        return Ok(FromServer::Call);
    }
    // Some peers always send both, one of them null.
    let mut error = error.filter(|error| error.text != "null");
    if dialect == Dialect::Ping && out == Some("\"error\"") {
        error = result.take();
    }
    let outcome = match (error, result) {
        (Some(error), _) if version.is_some() || dialect == Dialect::JsonRpc => {
            Err(json_rpc::restore(read_fault(error.text)))
        }
        (Some(error), _) => Err(read_fault(error.text)),
        (None, Some(result)) => Ok(ResultText::of(result)),
        (None, None) => {
            if let Some(items) = items {
                return Ok(FromServer::Items(ReplyId::of(id), items));
            }
            if credit.is_some() {
                return Ok(FromServer::Credit(ReplyId::of(credit), total));
            }
            return Err(ProtocolError::NotAReply(format!("it has no `{success}`")));
        }
    };
    Ok(FromServer::Reply(ReplyMessage { id: ReplyId::of(id), outcome }))
}

#[cfg(test)]
mod tests {
    use super::{
        Dialect, FromServer, Kind, Reader, ReplyMessage, UsualReply, read_any, read_object,
        read_replies, read_reply,
    };

    #[test]
    fn a_reply_reads_the_same_whether_in_the_usual_form_or_any() {
        let replies = [
            r#"{"res":6,"id":123456}"#,
            r#"{"res":[{"a":"é\n"},-0.5e1],"id":0}"#,
            r#"{"res":"text","id":99999999999999999999}"#,
        ];
        for reply in replies {
            assert_same(Dialect::Native, reply);
        }
        let replies = [
            r#"{"jsonrpc":"2.0","result":6,"id":123456}"#,
            r#"{"jsonrpc":"2.0","id":0,"result":[{"a":"é\n"},-0.5e1]}"#,
            r#"{"jsonrpc":"2.0","result":"text","id":99999999999999999999}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":2,"id":3}"#,
            r#"{"jsonrpc":"2.0","result":2}"#,
        ];
        for reply in replies {
            assert_same(Dialect::JsonRpc, reply);
        }
    }

    #[test]
    fn the_replies_to_a_batch_read_as_each_does_alone_up_to_where_it_breaks() {
        let replies = [
            r#"{"jsonrpc":"2.0","result":[{"a":"é\n"}],"id":1}"#,
            r#" { "id" : 2 , "error" : {"code":7,"message":"no"} } "#,
            r#"{"jsonrpc":"2.0","method":"a call","params":[]}"#,
        ];
        let alone = |depth| {
            let read = replies.iter().map(move |reply| read_any(Dialect::JsonRpc, reply, depth));
            read.filter_map(|read| match read.unwrap() {
                FromServer::Reply(reply) => Some(format!("{reply:?}")),
                _ => None,
            })
        };
        let batch = format!("[{}]", replies.join(","));
        for end in 0..=batch.len() {
            let Some(text) = batch.get(..end) else { continue };
            let mut read = Vec::new();
            let outcome = read_replies(Dialect::JsonRpc, text.as_bytes(), 4, |reply| {
                read.push(format!("{reply:?}"));
            });
            assert_eq!(outcome.is_ok(), end == batch.len(), "{text}");
            assert!(alone(3).take(read.len()).eq(read.iter().cloned()), "{text}");
            assert!(outcome.is_err() || read.len() == 2);
        }
        // The array is one level of the depth.
        read_replies(Dialect::JsonRpc, batch.as_bytes(), 3, |_| ()).unwrap_err();
    }

    #[test]
    fn the_replies_to_a_batch_read_the_same_in_the_usual_form_and_any() {
        let batch =
            r#"[{"jsonrpc":"2.0","result":[6],"id":1},{"jsonrpc":"2.0","id":20,"result":"é\n"}]"#;
        let read = |text: &str, depth| {
            let mut read = Vec::new();
            let each = |reply: ReplyMessage<'_>| read.push(format!("{reply:?}"));
            let outcome = read_replies(Dialect::JsonRpc, text.as_bytes(), depth, each);
            format!("{read:?} {outcome:?}")
        };
        let read_in_any_form = |text: &str, depth| {
            let mut read = Vec::new();
            let mut each = |reader: &mut Reader<'_>| {
                if let FromServer::Reply(reply) = read_object(Dialect::JsonRpc, reader)? {
                    read.push(format!("{reply:?}"));
                }
                Ok(())
            };
            let mut reader = Reader::new(text, depth);
            let outcome = match reader.kind() {
                Ok(Kind::Array) => reader.array(each),
                Ok(_) => each(&mut reader),
                Err(error) => Err(error),
            };
            let outcome = outcome.and_then(|()| reader.end());
            format!("{read:?} {outcome:?}")
        };
        for text in altered(batch) {
            for depth in 0..5 {
                assert_eq!(read(&text, depth), read_in_any_form(&text, depth), "{text}");
            }
        }
    }

    #[test]
    fn the_usual_form_says_which_call_it_answers() {
        let call = |dialect, message: &str| {
            UsualReply::of(dialect, message.as_bytes()).map(|usual| usual.id)
        };
        for (message, id) in [
            (r#"{"res":6,"id":123456}"#, Some(123_456)),
            (r#"{"res":null,"id":0}"#, Some(0)),
            (r#"{"res":",\"id\":1}","id":2}"#, Some(2)),
            (r#"{"error":{"code":1,"message":""},"id":3}"#, None),
            (r#"{"res":null,"error":{"code":1,"message":""},"id":3}"#, None),
            (r#"{"res":6,"id":"7"}"#, None),
            (r#"{"res":6}"#, None),
        ] {
            assert_eq!(call(Dialect::Native, message), id, "{message}");
            assert_eq!(call(Dialect::NativeWithoutIds, message), None);
        }
        for (message, id) in [
            (r#"{"jsonrpc":"2.0","result":[],"id":1}"#, Some(1)),
            (r#"{"jsonrpc":"2.0","id":1,"result":[]}"#, Some(1)),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#, None),
        ] {
            assert_eq!(call(Dialect::JsonRpc, message), id, "{message}");
        }
    }

    /// Compares the two with any byte changed, added or taken away.
    fn assert_same(dialect: Dialect, reply: &str) {
        for text in altered(reply) {
            for depth in 0..4 {
                assert_eq!(
                    format!("{:?}", read_reply(dialect, text.as_bytes(), depth)),
                    format!("{:?}", read_any(dialect, &text, depth)),
                    "{text}",
                );
            }
        }
    }

    /// A text cut off anywhere, and with any byte changed or added.
    fn altered(text: &str) -> Vec<String> {
        let mut altered = Vec::new();
        for at in 0..=text.len() {
            let (before, after) = text.as_bytes().split_at(at);
            altered.push(before.to_vec());
            for byte in *b"\"\\{}[],: 01-.eE\n\x01r" {
                altered.push([before, &[byte], after].concat());
                altered.push([before, &[byte], after.get(1..).unwrap_or_default()].concat());
            }
        }
        altered.into_iter().flat_map(String::from_utf8).collect()
    }
}
