//! Reads a call in whatever dialect it is in.

use std::mem;
use std::time::Duration;

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Call, Fault, Limits, ProtocolError};

use super::Dialect;
use super::usual::read_usual;

/// What a message says.
#[derive(Debug)]
pub(crate) enum Incoming<'a> {
    /// The call that the request now holds.
    Call,
    /// Nobody waits any more for the result of the call with this id.
    Cancel(&'a str),
}

/// A call as it came, and what its reply needs to know.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) id: Option<&'a str>,
    pub(crate) call: Call<'a>,
    /// Whether the caller waits for a reply.
    pub(crate) wants_reply: bool,
    /// How long the caller waits.
    pub(crate) timeout: Option<Duration>,
}

impl Default for Request<'_> {
    /// Room for a request.
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            id: None,
            call: Call::default(),
            wants_reply: true,
            timeout: None,
        }
    }
}

/// A message that is no call.
#[derive(Debug)]
pub(crate) enum Unreadable<'a> {
    /// It is not JSON, or over a limit: the connection closes after the answer.
    Broken(ProtocolError),
    /// It is JSON that calls nothing: the connection lives on.
    NotACall { dialect: Dialect, id: Option<&'a str>, fault: Fault },
}

impl From<ProtocolError> for Unreadable<'_> {
    fn from(error: ProtocolError) -> Self {
        Self::Broken(error)
    }
}

/// Reads one message into a request as it was made, where it then stays: moving it costs as much as
/// reading some of it.
pub(crate) fn read_call<'a>(
    message: &'a [u8],
    limits: &Limits,
    request: &mut Request<'a>,
) -> Result<Incoming<'a>, Unreadable<'a>> {
    let text = Reader::text(message)?;
    if read_usual(text, limits, request) {
        return Ok(Incoming::Call);
    }
    *request = Request::default();
    read_any(text, limits, request)
}

/// Reads a message in any dialect and form, looking at each of its bytes once.
pub(super) fn read_any<'a>(
    text: &'a str,
    limits: &Limits,
    request: &mut Request<'a>,
) -> Result<Incoming<'a>, Unreadable<'a>> {
    let mut reader = Reader::new(text, limits.depth);
    let mut members = Members::of(request);
    if reader.kind()? == Kind::Object {
        reader.object(|reader, key| members.read(reader, &key.resolve()))?;
    } else {
        reader.value()?;
        members.mistake("a call is a JSON object".to_owned());
    }
    reader.end()?;
    members.finish()
}

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
}

use Member::{Cancel, Id, In, MethodArgs, MethodKwargs, MethodName, Notify, Params, TimeoutMs};

impl Member {
    const COUNT: usize = 9;

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
            _ => return None,
        })
    }

    /// What it must be.
    fn kind(self) -> &'static str {
        match self {
            MethodName | In => "a string",
            MethodArgs => "an array",
            MethodKwargs => "an object",
            Id | Cancel => "a string, a whole number or null",
            Params => "a value",
            Notify => "true or false",
            TimeoutMs => "a whole number of milliseconds",
        }
    }
}

/// The members of a message, as far as they have been seen.
struct Members<'r, 'a> {
    seen: [bool; Member::COUNT],
    request: &'r mut Request<'a>,
    mistake: Option<String>,
}

impl<'r, 'a> Members<'r, 'a> {
    fn of(request: &'r mut Request<'a>) -> Self {
        Self { seen: [false; Member::COUNT], request, mistake: None }
    }

    fn read(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), ProtocolError> {
        let Some(member) = Member::named(name) else {
            reader.value()?;
            return Ok(());
        };
        if mem::replace(&mut self.seen[member as usize], true) {
            reader.value()?;
            self.mistake(format!("member `{name}` is given twice"));
            return Ok(());
        }
        let request = &mut *self.request;
        match (member, reader.kind()?) {
            (MethodName | In, Kind::String) => request.call.method = reader.string()?.resolve(),
            (MethodArgs | Params, Kind::Array) => request.call.positional.read(reader)?,
            (MethodKwargs | Params, Kind::Object) => request.call.keyword.read(reader)?,
            (Params, _) => request.call.positional.single(reader.value()?),
            (Notify, Kind::Boolean) => request.wants_reply = reader.value()? != "true",
            (TimeoutMs, Kind::Number) => match reader.value()?.parse() {
                Ok(timeout) => request.timeout = Some(Duration::from_millis(timeout)),
                Err(_) => self.mistake(format!("member `{name}` must be {}", member.kind())),
            },
            (Id | Cancel, Kind::String | Kind::Null) => request.id = Some(reader.value()?),
            (Id | Cancel, Kind::Number) => {
                let id = reader.value()?;
                if id.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
                    self.mistake(format!("member `{name}` must be {}, not {id}", member.kind()));
                } else {
                    request.id = Some(id);
                }
            }
            _ => {
                reader.value()?;
                self.mistake(format!("member `{name}` must be {}", member.kind()));
            }
        }
        Ok(())
    }

    fn has(&self, member: Member) -> bool {
        self.seen[member as usize]
    }

    /// Keeps the first mistake: the text goes on being checked before it is answered.
    fn mistake(&mut self, message: String) {
        self.mistake.get_or_insert(message);
    }

    fn finish(mut self) -> Result<Incoming<'a>, Unreadable<'a>> {
        if self.has(Cancel) && !self.has(MethodName) && !self.has(In) {
            return Ok(Incoming::Cancel(self.request.id.unwrap_or("null")));
        }
        let native = self.has(MethodName) || self.has(MethodArgs) || self.has(MethodKwargs);
        if native && (self.has(In) || self.has(Params)) {
            self.mistake(
                "the message mixes `method_name`, `method_args` and `method_kwargs` with `in` and \
                 `params`; a call has those of one dialect"
                    .to_owned(),
            );
        } else if !self.has(MethodName) && !self.has(In) {
            self.mistake(
                "the message calls nothing: it has neither `method_name` nor `in`".to_owned(),
            );
        }
        let request = self.request;
        if !native {
            (request.wants_reply, request.timeout) = (true, None);
        }
        if self.seen[In as usize] && !native {
            (request.dialect, request.id) = (Dialect::Ping, None);
        }
        match self.mistake {
            Some(message) => {
                let (dialect, id) = (request.dialect, request.id);
                Err(Unreadable::NotACall { dialect, id, fault: Fault::invalid_request(message) })
            }
            None => Ok(Incoming::Call),
        }
    }
}
