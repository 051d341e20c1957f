//! A call as it was asked for: a name, positional arguments, keyword arguments.
//!
//! Arguments are the texts of JSON values, borrowed from the message. The first few are noted where
//! they stand in the one walk that reads the message; beyond those, the text is walked again.

use std::borrow::Cow;

use super::ProtocolError;
use super::json::{Key, Reader};

/// Arguments noted without allocation.
const NOTED: usize = 4;

/// A call: names and values, whatever bytes brought them.
///
/// ```
/// use rpc_core::protocol::Call;
///
/// let call = Call::new("add", "[1, 2]", r#"{"c": 3}"#)?;
/// assert_eq!(call.method(), "add");
/// assert_eq!(call.positional().iter().collect::<Vec<_>>(), ["1", "2"]);
/// assert_eq!(call.keyword().iter().next(), Some(("c".into(), "3")));
/// # Ok::<(), rpc_core::protocol::ProtocolError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Call<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) positional: PositionalArguments<'a>,
    pub(crate) keyword: KeywordArguments<'a>,
}

impl<'a> Call<'a> {
    /// Makes a call of a name, a JSON array and a JSON object.
    ///
    /// # Errors
    ///
    /// Where `args` is not the text of an array or `kwargs` not that of an object.
    pub fn new(
        method: impl Into<Cow<'a, str>>,
        args: &'a str,
        kwargs: &'a str,
    ) -> Result<Self, ProtocolError> {
        let mut args = Reader::new(args, super::Limits::MAX_DEPTH);
        let mut kwargs = Reader::new(kwargs, super::Limits::MAX_DEPTH);
        let mut call = Self { method: method.into(), ..Self::default() };
        call.positional.read(&mut args)?;
        call.keyword.read(&mut kwargs)?;
        args.end()?;
        kwargs.end()?;
        Ok(call)
    }

    /// The name of the function called.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The arguments given by position.
    pub fn positional(&self) -> &PositionalArguments<'a> {
        &self.positional
    }

    /// The arguments given by name.
    pub fn keyword(&self) -> &KeywordArguments<'a> {
        &self.keyword
    }

    /// Whether an escape may stand in a string of the arguments.
    pub(crate) fn has_escapes(&self) -> bool {
        self.positional.has_escapes || self.keyword.has_escapes
    }

    /// The same call under another name, for layers that route by prefix.
    #[must_use]
    pub fn renamed(&self, method: impl Into<Cow<'a, str>>) -> Self {
        Self { method: method.into(), ..self.clone() }
    }
}

/// A call that outlives its message.
#[derive(Debug)]
pub(crate) struct OwnedCall {
    method: String,
    positional: String,
    keyword: String,
}

impl OwnedCall {
    /// Copies a call.
    pub(crate) fn of(call: &Call<'_>) -> Self {
        let Call { method, positional, keyword } = call;
        let positional = match (positional.text, positional.count) {
            ("", 0) => "[]".to_owned(),
            ("", _) => format!("[{}]", positional.noted[0]),
            (text, _) => text.to_owned(),
        };
        let keyword = if keyword.text.is_empty() { "{}" } else { keyword.text };
        Self { method: method.clone().into_owned(), positional, keyword: keyword.to_owned() }
    }

    /// The call as it was.
    pub(crate) fn call(&self) -> Result<Call<'_>, ProtocolError> {
        Call::new(self.method.as_str(), &self.positional, &self.keyword)
    }
}

/// Arguments given by position: the texts of JSON values, in order.
#[derive(Debug, Clone, Copy, Default)]
pub struct PositionalArguments<'a> {
    noted: [&'a str; NOTED],
    count: usize,
    text: &'a str,
    has_escapes: bool,
}

impl<'a> PositionalArguments<'a> {
    /// Reads the array that comes next.
    pub(crate) fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), ProtocolError> {
        self.text = reader.lend(|reader| {
            reader.array(|reader| {
                let value = reader.value()?;
                if let Some(place) = self.noted.get_mut(self.count) {
                    *place = value;
                }
                self.count += 1;
                Ok(())
            })
        })?;
        self.has_escapes = reader.has_escapes();
        Ok(())
    }

    /// Takes one value as the only argument.
    pub(crate) fn single(&mut self, value: &'a str) {
        self.noted[0] = value;
        self.count = 1;
        self.has_escapes = true;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The texts, from the left.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.noted[..self.count.min(NOTED)].iter().copied().chain(self.beyond())
    }

    /// Walks the text again, which the walk that counted has checked.
    fn beyond(&self) -> Vec<&'a str> {
        let mut values = Vec::new();
        if self.count > NOTED {
            let mut reader = Reader::new(self.text, super::Limits::MAX_DEPTH);
            let _ = reader.array(|reader| {
                values.push(reader.value()?);
                Ok::<_, ProtocolError>(())
            });
            values.drain(..NOTED);
        }
        values
    }
}

/// Arguments given by name: names and the texts of JSON values, as they stood in the message.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeywordArguments<'a> {
    noted: [(Key<'a>, &'a str); NOTED],
    count: usize,
    text: &'a str,
    has_escapes: bool,
}

impl<'a> KeywordArguments<'a> {
    /// Reads the object that comes next.
    pub(crate) fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), ProtocolError> {
        self.text = reader.lend(|reader| {
            reader.object(|reader, key| {
                let value = reader.value()?;
                if let Some(place) = self.noted.get_mut(self.count) {
                    *place = (key, value);
                }
                self.count += 1;
                Ok(())
            })
        })?;
        self.has_escapes = reader.has_escapes();
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The names and texts, in the order of the message.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
        let noted = self.noted[..self.count.min(NOTED)].iter().copied();
        noted.chain(self.beyond()).map(|(key, value)| (key.resolve(), value))
    }

    /// Walks the text again, which the walk that counted has checked.
    fn beyond(&self) -> Vec<(Key<'a>, &'a str)> {
        let mut members = Vec::new();
        if self.count > NOTED {
            let mut reader = Reader::new(self.text, super::Limits::MAX_DEPTH);
            let _ = reader.object(|reader, key| {
                members.push((key, reader.value()?));
                Ok::<_, ProtocolError>(())
            });
            members.drain(..NOTED);
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn arguments_beyond_the_noted_ones_are_there_too() {
        let args: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let kwargs: Vec<String> = (0..20).map(|n| format!("\"\\u006b{n}\":{n}")).collect();
        let (args_text, kwargs_text) =
            (format!("[{}]", args.join(" , ")), format!("{{{}}}", kwargs.join(",")));
        let call = Call::new("many", &args_text, &kwargs_text).unwrap();
        assert_eq!(call.positional().iter().collect::<Vec<_>>(), args);
        for (n, (name, value)) in call.keyword().iter().enumerate() {
            assert_eq!((name.as_ref(), value), (format!("k{n}").as_str(), args[n].as_str()));
        }
        assert_eq!((call.positional().len(), call.keyword().len()), (20, 20));
    }
}
