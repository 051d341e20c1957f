//! The members that the dialects know, and what a message that has some of them says.

use std::mem;
use std::time::Duration;

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{self, Fault, Limits, ProtocolError};

use super::Dialect;
use super::incoming::{Incoming, OfStream, Rare, Unreadable};
use super::items::ItemBatch;
use super::json_rpc::VERSION;
use super::request::Request;

/// A member that some dialect knows.
#[derive(Clone, Copy)]
enum Member {
    MethodName,
    MethodArgs,
    MethodKwargs,
    Id,
    In,
    Params,
    Notify,
    TimeoutMs,
    Cancel,
    JsonRpc,
    Method,
    Metadata,
    Stream,
    Credit,
    Items,
    Bytes,
    Upload,
    End,
}

use Member::{
    Bytes, Cancel, Credit, End, Id, In, Items, JsonRpc, Metadata, Method, MethodArgs, MethodKwargs,
    MethodName, Notify, Params, Stream, TimeoutMs, Upload,
};

impl Member {
    const COUNT: usize = 18;

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "method_name" => MethodName,
            "method_args" => MethodArgs,
            "method_kwargs" => MethodKwargs,
            "id" => Id,
            "in" => In,
            "params" => Params,
            "notify" => Notify,
            "timeout_ms" => TimeoutMs,
            "cancel" => Cancel,
            "jsonrpc" => JsonRpc,
            "method" => Method,
            "metadata" => Metadata,
            "stream" => Stream,
            "credit" => Credit,
            "items" => Items,
            "bytes" => Bytes,
            "upload" => Upload,
            "end" => End,
            _ => return None,
        })
    }

    /// What it must be.
    fn kind(self) -> &'static str {
        match self {
            MethodName | In | Method => "a string",
            MethodArgs => "an array",
            MethodKwargs => "an object",
            Id | Cancel | Credit | End => "a string, a number or null",
            Params => "a value",
            Notify | Upload => "true or false",
            TimeoutMs => "a whole number of milliseconds",
            JsonRpc => "the string \"2.0\"",
            Metadata => "an object of strings",
            Stream => "an object of whole numbers, `items` and `bytes`",
            Items | Bytes => "a whole number",
        }
    }

    /// Whether JSON-RPC, which ignores members it does not know, knows it not. Metadata is understood
    /// there, but nobody need mean ours by it.
    fn is_unknown_to_json_rpc(self) -> bool {
        matches!(
            self,
            Notify | TimeoutMs | Cancel | Metadata | Stream | Credit | Items | Bytes | Upload | End
        )
    }
}

/// The name in metadata under which a caller says who they are.
const CREDENTIALS: &str = "authorization";

/// The members of a message, as far as they have been seen.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Members<'r, 'a> {
    seen: [bool; Member::COUNT],
    request: &'r mut Request<'a>,
    /// The size of an id that is too long to be one.
    long_id: Option<usize>,
    /// Whether a second object was to say something besides the call.
    has_two_metadata: bool,
    /// The id of a call that is given up.
    cancel: Option<&'a str>,
    /// What is said besides the call: the text of an object of strings.
    metadata: Option<&'a str>,
    /// That the result is wanted as a stream, and how much of it.
    stream: Option<protocol::Credit>,
    /// The id of a call whose stream there is more room for.
    credit: Option<&'a str>,
    /// How much.
    total: protocol::Credit,
    /// Whether that is no number.
    is_no_credit: bool,
    /// Items of an upload.
    items: Option<Box<ItemBatch>>,
    /// Whether there are to be more of an argument's items.
    uploads: bool,
    /// The id of a call whose upload has ended.
    end: Option<&'a str>,
    /// `params` that are neither an array nor an object.
    scalar: Option<&'a str>,
    /// Whether it has a member that replies alone have.
    answers: bool,
    mistake: Option<String>,
    /// A mistake that is none in JSON-RPC.
    native_mistake: Option<String>,
}

impl<'r, 'a> Members<'r, 'a> {
    pub(super) fn of(request: &'r mut Request<'a>) -> Self {
        Self {
            seen: [false; Member::COUNT],
            request,
            long_id: None,
            has_two_metadata: false,
            cancel: None,
            metadata: None,
            stream: None,
            credit: None,
            total: protocol::Credit::ENDLESS,
            is_no_credit: false,
            items: None,
            uploads: false,
            end: None,
            scalar: None,
            answers: false,
            mistake: None,
            native_mistake: None,
        }
    }

    pub(super) fn read(
        &mut self,
        reader: &mut Reader<'a>,
        name: &str,
    ) -> Result<(), ProtocolError> {
        let Some(member) = Member::named(name) else {
            self.answers |= matches!(name, "result" | "error" | "res" | "out");
            reader.value()?;
            return Ok(());
        };
        if mem::replace(&mut self.seen[member as usize], true) {
            reader.value()?;
            self.has_two_metadata |= matches!(member, Metadata);
            self.mistake_in(member, twice(name));
            return Ok(());
        }
        let request = &mut *self.request;
        match (member, reader.kind()?) {
            (MethodName | In | Method, Kind::String) => {
                request.call.method = reader.string()?.resolve();
            }
            (MethodArgs | Params, Kind::Array) => request.call.positional.read(reader)?,
            (MethodKwargs | Params, Kind::Object) => request.call.keyword.read(reader)?,
            (Params, _) => self.scalar = Some(reader.value()?),
            (Notify, Kind::Boolean) => request.wants_reply = reader.value()? != "true",
            (Upload, Kind::Boolean) => self.uploads = reader.value()? == "true",
            (Items, Kind::Array) => self.items = Some(Box::new(ItemBatch::read(reader)?)),
            (TimeoutMs, Kind::Number) => match reader.value()?.parse() {
                Ok(timeout) => request.timeout = Some(Duration::from_millis(timeout)),
                Err(_) => {
                    self.mistake_in(member, format!("member `{name}` must be {}", member.kind()));
                }
            },
            (Id | Cancel | Credit | End, Kind::String | Kind::Number | Kind::Null) => {
                self.identify(member, reader.value()?);
            }
            (Metadata, Kind::Object) => self.read_metadata(reader, name)?,
            (Stream, Kind::Object) => self.read_stream(reader, name)?,
            (Items | Bytes, Kind::Number) => match reader.value()?.parse() {
                Ok(number) if matches!(member, Items) => self.total.items = number,
                Ok(number) => self.total.bytes = number,
                Err(_) => self.is_no_credit = true,
            },
            (Items | Bytes, _) => {
                reader.value()?;
                self.is_no_credit = true;
            }
            (JsonRpc, Kind::String) => {
                if reader.string()?.resolve() != VERSION {
                    self.mistake(format!("member `{name}` must be {}", member.kind()));
                }
            }
            _ => {
                reader.value()?;
                self.mistake_in(member, format!("member `{name}` must be {}", member.kind()));
            }
        }
        Ok(())
    }

    fn read_metadata(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), ProtocolError> {
        let (mut wrong, mut credentials) = (None, 0);
        let text = reader.lend(|reader| {
            reader.object(|reader, key| {
                if key.resolve().eq_ignore_ascii_case(CREDENTIALS) {
                    credentials += 1;
                }
                if reader.kind()? != Kind::String {
                    wrong.get_or_insert(key);
                }
                reader.value()?;
                Ok(())
            })
        })?;
        if credentials > 1 {
            self.mistake(format!("member `{name}` must have `{CREDENTIALS}` once"));
        }
        match wrong {
            None => self.metadata = Some(text),
            Some(key) => {
                let (kind, key) = (Metadata.kind(), key.resolve());
                // The answer is held to no limit but this.
                let key: String = key.chars().take(60).collect();
                let message = format!("member `{name}` must be {kind}, and `{key}` in it is none");
                // Whoever says who calls must not be taken for somebody else, or for nobody.
                match credentials {
                    0 => self.mistake_in(Metadata, message),
                    _ => self.mistake(message),
                }
            }
        }
        Ok(())
    }

    /// Reads how much of a stream there is room for; what is not said has no bound.
    fn read_stream(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), ProtocolError> {
        let (mut credit, mut is_wrong) = (protocol::Credit::ENDLESS, false);
        reader.object(|reader, key| {
            let number = reader.value()?.parse();
            match (key.resolve().as_ref(), number) {
                ("items", Ok(items)) => credit.items = items,
                ("bytes", Ok(bytes)) => credit.bytes = bytes,
                ("items" | "bytes", Err(_)) => is_wrong = true,
                _ => {}
            }
            Ok::<_, ProtocolError>(())
        })?;
        if is_wrong {
            self.mistake_in(Stream, format!("member `{name}` must be {}", Stream.kind()));
        }
        self.stream = Some(credit);
        Ok(())
    }

    fn identify(&mut self, member: Member, id: &'a str) {
        match member {
            Cancel => self.cancel = Some(id),
            Credit => self.credit = Some(id),
            End => self.end = Some(id),
            _ if id.len() > Limits::MAX_ID_BYTES => self.long_id = Some(id.len()),
            _ => self.request.id = Some(id),
        }
    }

    fn has(&self, member: Member) -> bool {
        self.seen[member as usize]
    }

    /// Keeps the first mistake: the text goes on being checked before it is answered.
    pub(super) fn mistake(&mut self, message: String) {
        self.mistake.get_or_insert(message);
    }

    fn mistake_in(&mut self, member: Member, message: String) {
        if member.is_unknown_to_json_rpc() {
            self.native_mistake.get_or_insert(message);
        } else {
            self.mistake(message);
        }
    }

    /// Says of an id that it is too long, in a dialect that has ids.
    fn check_id(&mut self) {
        if let Some(size) = self.long_id {
            self.mistake(format!(
                "member `id` takes {size} bytes, over the limit of {} (`Limits::MAX_ID_BYTES`); give calls shorter ids",
                Limits::MAX_ID_BYTES
            ));
        }
    }

    fn is_native(&self) -> bool {
        self.has(MethodName) || self.has(MethodArgs) || self.has(MethodKwargs)
    }

    /// The dialect that the members tell, if they tell one.
    fn dialect(&self) -> Option<Dialect> {
        if self.has(JsonRpc) {
            Some(Dialect::JsonRpc)
        } else if self.is_native() {
            Some(Dialect::Native)
        } else if self.has(Method) {
            Some(Dialect::JsonRpc)
        } else if self.has(In) {
            Some(Dialect::Ping)
        } else {
            None
        }
    }

    /// Says of a message with members of several dialects that it has.
    fn find_mixture(&mut self) {
        let native = self.is_native();
        let json_rpc = self.has(JsonRpc) || self.has(Method);
        if json_rpc && (native || self.has(In)) {
            self.mistake(
                "the message mixes `jsonrpc` and `method` with members of other dialects; a call \
                 has those of one"
                    .to_owned(),
            );
        } else if native && (self.has(In) || self.has(Params)) {
            self.mistake(
                "the message mixes `method_name`, `method_args` and `method_kwargs` with `in` and \
                 `params`; a call has those of one dialect"
                    .to_owned(),
            );
        }
    }

    pub(super) fn finish(mut self) -> Result<Incoming<'a>, Unreadable<'a>> {
        if self.answers && !self.has(MethodName) && !self.has(Method) && !self.has(In) {
            return Ok(Incoming::Rare(Rare::Reply));
        }
        let dialect = self.dialect();
        if dialect == Some(Dialect::JsonRpc) {
            self.check_id();
            self.find_mixture();
            self.finish_json_rpc();
        } else {
            if self.has(Cancel) && !self.has(MethodName) && !self.has(In) {
                return Ok(Incoming::Rare(Rare::Cancel(self.cancel.unwrap_or("null"))));
            }
            if self.has(Credit) && !self.has(MethodName) && !self.has(In) {
                if self.is_no_credit {
                    self.mistake(
                        "`items` and `bytes` of a credit must be whole numbers".to_owned(),
                    );
                } else {
                    let id = self.credit.unwrap_or("null");
                    return Ok(Incoming::Rare(Rare::OfStream(id, OfStream::Credit(self.total))));
                }
            }
            if !self.has(MethodName) && !self.has(In) {
                let items = self.items.take();
                match (self.request.id, items, self.end) {
                    (_, Some(_), Some(_)) => self.mistake(
                        "a message has `items` of an upload or its `end`, not both".to_owned(),
                    ),
                    (_, None, Some(id)) => {
                        return Ok(Incoming::Rare(Rare::OfStream(id, OfStream::End)));
                    }
                    (Some(id), Some(items), None) => {
                        return Ok(Incoming::Rare(Rare::OfStream(id, OfStream::Items(items))));
                    }
                    _ if self.has(Items) && !self.has(Credit) => self.mistake(
                        "`items` of an upload must be an array, and have the `id` of its call"
                            .to_owned(),
                    ),
                    _ => {}
                }
            }
            // What the ping dialect does not know it ignores, as JSON-RPC does.
            if dialect != Some(Dialect::Ping) {
                self.check_id();
                self.mistake = self.mistake.take().or(self.native_mistake.take());
            }
            self.find_mixture();
            self.finish_others(dialect);
        }
        let request = self.request;
        match self.mistake {
            Some(message) => {
                let fault = Fault::invalid_request(message);
                Err(Unreadable::NotACall { dialect, id: request.id, fault })
            }
            None => Ok(match (self.metadata, self.stream, self.uploads) {
                (None, None, false) => Incoming::Call,
                (metadata, stream, uploads) => {
                    Incoming::Rare(Rare::CallWith { metadata, stream, uploads })
                }
            }),
        }
    }

    fn finish_json_rpc(&mut self) {
        // Somebody in front of this server may have looked at the second.
        if self.has_two_metadata {
            self.mistake(twice("metadata"));
        }
        if !self.has(JsonRpc) {
            self.mistake("the message has `method` and no `jsonrpc`: \"2.0\"".to_owned());
        } else if !self.has(Method) {
            self.mistake("the message calls nothing: it has no `method`".to_owned());
        }
        if self.scalar.is_some_and(|params| params != "null") {
            self.mistake("member `params` must be an array or an object".to_owned());
        }
        let request = &mut *self.request;
        request.dialect = Dialect::JsonRpc;
        request.timeout = None;
        self.uploads = false;
        // Without an id it is a notification (section 4.1); `null` is one.
        request.wants_reply = request.id.is_some();
    }

    fn finish_others(&mut self, dialect: Option<Dialect>) {
        if !self.has(MethodName) && !self.has(In) {
            self.mistake(
                "the message calls nothing: it has none of `method_name`, `method` and `in`"
                    .to_owned(),
            );
        }
        let request = &mut *self.request;
        if dialect != Some(Dialect::Native) {
            (request.wants_reply, request.timeout) = (true, None);
            self.metadata = None;
        }
        // Without an id nothing says to which call items belong.
        if dialect != Some(Dialect::Native) || request.id.is_none() || !request.wants_reply {
            (self.stream, self.uploads) = (None, false);
        }
        if dialect == Some(Dialect::Ping) {
            (request.dialect, request.id) = (Dialect::Ping, None);
        }
        if let Some(scalar) = self.scalar {
            request.call.positional.single(scalar);
        }
    }
}

fn twice(name: &str) -> String {
    format!("member `{name}` is given twice")
}
