//! What a message says, whatever it asks for.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::dialect::{Dialect, Incoming, Rare, Request, Unreadable, read_call};
use crate::protocol::json::{Key, Kind, Reader};
use crate::protocol::{Call, Fault, Limits, ProtocolError};
use crate::registry::shorten;

/// The method that runs a tool.
pub(crate) const TOOLS_CALL: &str = "tools/call";

/// What a message says.
pub(crate) enum Message<'a> {
    /// It asks for something, and is answered.
    Asked(Box<Asked<'a>>),
    /// Nobody waits any more for what was asked with this id.
    Cancelled(&'a str),
    /// Nothing that is to be done something about: another notification, or a reply.
    Other,
}

/// What is asked for.
pub(crate) struct Asked<'a> {
    /// The id, as the text it came as.
    pub(crate) id: &'a str,
    call: Call<'a>,
}

/// Why a message says nothing, and its id, if it has one.
pub(crate) struct Unread<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) fault: Fault,
    /// Whether it is no JSON, or over a limit.
    pub(crate) is_broken: bool,
}

/// Reads a message.
pub(crate) fn read<'a>(message: &'a [u8], limits: &Limits) -> Result<Message<'a>, Unread<'a>> {
    let mut request = Request::default();
    let read = read_call(message, limits, &mut request);
    let no_message = |id, fault| Err(Unread { id, fault, is_broken: false });
    match read {
        Ok(Incoming::Call | Incoming::Rare(Rare::CallWith { .. }))
            if request.dialect == Dialect::JsonRpc => {}
        Ok(Incoming::Rare(Rare::Reply)) => return Ok(Message::Other),
        Ok(Incoming::Batch(_)) => {
            let sentence = "MCP has no batches; send the messages one by one";
            return no_message(None, Fault::invalid_request(sentence));
        }
        Ok(_) => {
            let sentence = "a message of MCP is one of JSON-RPC 2.0, with `jsonrpc` and `method`";
            return no_message(None, Fault::invalid_request(sentence));
        }
        Err(Unreadable::NotACall { id, fault, .. }) => return no_message(id, fault),
        Err(Unreadable::Broken(error)) => {
            return Err(Unread { id: None, fault: error.to_fault(), is_broken: true });
        }
    }
    let Request { id, call, .. } = request;
    let Some(id) = id else {
        let cancelled = match call.method() {
            "notifications/cancelled" => member(&call, "requestId"),
            _ => None,
        };
        return Ok(cancelled.map_or(Message::Other, Message::Cancelled));
    };
    if !is_id(id) {
        let sentence =
            format!("the id of a request is a string or a whole number, not {}", shorten(id));
        return no_message(None, Fault::invalid_request(sentence).quoting_from(", not "));
    }
    if !call.positional().is_empty() {
        let sentence = "the `params` of a request are an object";
        return no_message(Some(id), Fault::invalid_params(sentence));
    }
    if let Some(name) = twice(&call) {
        let sentence = format!("member `{}` of `params` is given twice", shorten(&name));
        return no_message(Some(id), Fault::invalid_params(sentence));
    }
    Ok(Message::Asked(Box::new(Asked { id, call })))
}

/// Whether JSON is what MCP has for an id: a string or a whole number.
fn is_id(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    let is_whole = json != "-0" && digits.bytes().all(|byte| byte.is_ascii_digit());
    json.starts_with('"') || is_whole
}

/// A parameter that is there more than once: whoever looked at one of them would not know of the other.
fn twice<'c>(call: &'c Call<'_>) -> Option<Cow<'c, str>> {
    let mut names = HashSet::new();
    call.keyword().iter().map(|(name, _)| name).find(|name| !names.insert(name.clone()))
}

/// The first parameter of a name, as the text it came as.
fn member<'a>(call: &Call<'a>, name: &str) -> Option<&'a str> {
    call.keyword().iter().find(|(known, _)| known == name).map(|(_, text)| text)
}

impl<'a> Asked<'a> {
    /// What is to be done.
    pub(crate) fn method(&self) -> &str {
        self.call.method()
    }

    /// A parameter, as the text it came as; `null` is none.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        member(&self.call, name).filter(|text| *text != "null")
    }

    /// A parameter that is a text, if it is there.
    ///
    /// # Errors
    ///
    /// Where it is something else.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Fault> {
        let text = self.parameter(name).map(|json| {
            text_of(json).ok_or_else(|| {
                let method = self.method();
                Fault::invalid_params(format!("`{name}` of `{method}` must be a string"))
            })
        });
        text.transpose()
    }

    /// A member of what is said besides the parameters, as the text it came as.
    pub(crate) fn meta(&self, name: &str) -> Option<&'a str> {
        let mut found = None;
        self.each_meta(|key, text| {
            if key == name {
                found.get_or_insert(text);
            }
        });
        found
    }

    /// What is said besides the parameters in texts, such as `traceparent`: the text of an object.
    pub(crate) fn metadata(&self) -> Option<String> {
        let mut object = serde_json::Map::new();
        self.each_meta(|key, text| {
            if let Some(text) = text_of(text) {
                object.insert(key.to_owned(), text.into());
            }
        });
        if object.is_empty() { None } else { serde_json::to_string(&object).ok() }
    }

    fn each_meta(&self, mut each: impl FnMut(&str, &'a str)) {
        let Some(text) = self.parameter("_meta") else {
            return;
        };
        // What has been read once is JSON; what is no object has no members.
        let _ = Reader::new(text, Limits::MAX_DEPTH).object(|reader, key| {
            each(&key.resolve(), reader.value()?);
            Ok::<_, ProtocolError>(())
        });
    }
}

/// A text out of its JSON form, if that is one.
pub(crate) fn text_of(json: &str) -> Option<Cow<'_, str>> {
    let mut reader = Reader::new(json, Limits::MAX_DEPTH);
    match reader.kind() {
        Ok(Kind::String) => reader.string().ok().map(Key::resolve),
        _ => None,
    }
}
