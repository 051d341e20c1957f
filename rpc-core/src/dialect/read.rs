//! Reads a call in whatever dialect it is in.

use std::borrow::Cow;
use std::time::Duration;

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Call, Fault, KeywordArguments, Limits, PositionalArguments, ProtocolError};

use super::Dialect;

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

/// Reads one message, looking at each of its bytes once.
pub(crate) fn read_call<'a>(
    message: &'a [u8],
    limits: &Limits,
) -> Result<Request<'a>, Unreadable<'a>> {
    let mut reader = Reader::new(Reader::text(message)?, limits.depth);
    let mut members = Members::default();
    if reader.kind()? == Kind::Object {
        reader.object(|reader, key| members.read(reader, &key.resolve()))?;
    } else {
        reader.value()?;
        members.mistake("a call is a JSON object".to_owned());
    }
    reader.end()?;
    members.finish()
}

/// The members that any dialect knows, as far as they have been seen.
#[derive(Default)]
struct Members<'a> {
    method_name: Option<Cow<'a, str>>,
    method_args: Option<PositionalArguments<'a>>,
    method_kwargs: Option<KeywordArguments<'a>>,
    id: Option<&'a str>,
    called: Option<Cow<'a, str>>,
    params: Option<(PositionalArguments<'a>, KeywordArguments<'a>)>,
    notify: Option<&'a str>,
    timeout_ms: Option<&'a str>,
    mistake: Option<String>,
}

impl<'a> Members<'a> {
    fn read(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), ProtocolError> {
        match name {
            "method_name" => {
                let method = self.text(reader, name)?;
                let seen = self.method_name.replace(method).is_some();
                self.once(seen, name);
            }
            "method_args" => match reader.kind()? {
                Kind::Array => {
                    let args = PositionalArguments::read(reader)?;
                    let seen = self.method_args.replace(args).is_some();
                    self.once(seen, name);
                }
                _ => self.not_a(reader, name, "an array")?,
            },
            "method_kwargs" => match reader.kind()? {
                Kind::Object => {
                    let kwargs = KeywordArguments::read(reader)?;
                    let seen = self.method_kwargs.replace(kwargs).is_some();
                    self.once(seen, name);
                }
                _ => self.not_a(reader, name, "an object")?,
            },
            "id" => {
                let kind = reader.kind()?;
                let id = reader.value()?;
                let whole = !id.contains(['.', 'e', 'E']);
                match kind {
                    Kind::String | Kind::Null => {}
                    Kind::Number if whole => {}
                    _ => {
                        self.mistake(format!(
                            "member `id` must be a string, a whole number or null, not {id}"
                        ));
                        return Ok(());
                    }
                }
                let seen = self.id.replace(id).is_some();
                self.once(seen, name);
            }
            "notify" => {
                let seen = self.notify.replace(reader.value()?).is_some();
                self.once(seen, name);
            }
            "timeout_ms" => {
                let seen = self.timeout_ms.replace(reader.value()?).is_some();
                self.once(seen, name);
            }
            "in" => {
                let method = self.text(reader, name)?;
                let seen = self.called.replace(method).is_some();
                self.once(seen, name);
            }
            "params" => {
                let params = match reader.kind()? {
                    Kind::Array => {
                        (PositionalArguments::read(reader)?, KeywordArguments::default())
                    }
                    Kind::Object => {
                        (PositionalArguments::default(), KeywordArguments::read(reader)?)
                    }
                    _ => {
                        (PositionalArguments::single(reader.value()?), KeywordArguments::default())
                    }
                };
                let seen = self.params.replace(params).is_some();
                self.once(seen, name);
            }
            _ => {
                reader.value()?;
            }
        }
        Ok(())
    }

    fn text(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<Cow<'a, str>, ProtocolError> {
        if reader.kind()? == Kind::String {
            return Ok(reader.string()?.resolve());
        }
        self.not_a(reader, name, "a string")?;
        Ok(Cow::Borrowed(""))
    }

    fn not_a(
        &mut self,
        reader: &mut Reader<'a>,
        name: &str,
        kind: &str,
    ) -> Result<(), ProtocolError> {
        reader.value()?;
        self.mistake(format!("member `{name}` must be {kind}"));
        Ok(())
    }

    fn once(&mut self, seen: bool, name: &str) {
        if seen {
            self.mistake(format!("member `{name}` is given twice"));
        }
    }

    /// Keeps the first mistake: the text goes on being checked before it is answered.
    fn mistake(&mut self, message: String) {
        self.mistake.get_or_insert(message);
    }

    fn finish(mut self) -> Result<Request<'a>, Unreadable<'a>> {
        let wants_reply = match self.notify {
            None | Some("false") => true,
            Some("true") => false,
            Some(_) => {
                self.mistake("member `notify` must be true or false".to_owned());
                true
            }
        };
        let timeout = self.timeout_ms.map(str::parse).transpose();
        let timeout = timeout.unwrap_or_else(|_| {
            self.mistake("member `timeout_ms` must be a whole number of milliseconds".to_owned());
            None
        });
        let native = self.method_name.is_some() || self.called.is_none();
        if self.method_name.is_some() && self.called.is_some() {
            self.mistake(
                "`method_name` and `in` stand in one message; a call has one of them".to_owned(),
            );
        }
        let dialect = if native { Dialect::Native } else { Dialect::Ping };
        let (Some(method), None) = (self.method_name.or(self.called), &self.mistake) else {
            let message = self.mistake.unwrap_or_else(|| {
                "the message calls nothing: it has neither `method_name` nor `in`".to_owned()
            });
            return Err(Unreadable::NotACall {
                dialect,
                id: self.id,
                fault: Fault::invalid_request(message),
            });
        };
        let (positional, keyword) = if native {
            (self.method_args.unwrap_or_default(), self.method_kwargs.unwrap_or_default())
        } else {
            self.params.unwrap_or_default()
        };
        Ok(Request {
            dialect,
            id: if native { self.id } else { None },
            call: Call::of(method, positional, keyword),
            wants_reply: wants_reply || !native,
            timeout: timeout.filter(|_| native).map(Duration::from_millis),
        })
    }
}
