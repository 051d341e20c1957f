//! Binds a call's arguments to a function's parameters, by Python's rule.
//!
//! Positional arguments fill parameters from the left, keyword arguments fill by name, a default
//! fills what is left. Mistakes are looked for in the order CPython looks for them: keywords, then
//! too many positions, then what is missing.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::Write;

use serde::de::{Deserialize, DeserializeOwned};

use crate::dialect::ItemBatch;
use crate::protocol::json::{Reader, decode, path};
use crate::protocol::{Call, Fault, Limits, ProtocolError};

use super::nearest::nearest;
use super::{Parameter, ParameterKind, Signature};

/// The greatest number of parameters a function may have.
const MOST_PARAMETERS: usize = 16;

/// Arguments, each at the place of its parameter: texts that are decoded when they are asked for.
#[derive(Debug)]
pub struct Bound<'c, 'a> {
    method: &'c str,
    parameters: &'c [Parameter],
    values: [Option<&'a str>; MOST_PARAMETERS],
    rest: Rest<'a>,
    has_escapes: bool,
    fault: OnceCell<Fault>,
}

/// What variadic parameters take.
#[derive(Debug, Default)]
struct Rest<'a> {
    positional: Vec<&'a str>,
    /// Whether the positional ones came by name, as an array.
    is_named: bool,
    keyword: Vec<(Cow<'a, str>, &'a str)>,
}

/// What a `#[kwargs]` parameter may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take the keyword arguments that are left",
    label = "this is no map of names",
    note = "a parameter with `#[kwargs]` is a map such as `HashMap<String, T>` or `BTreeMap<String, T>`"
)]
pub trait KeywordMap<T>: FromIterator<(String, T)> {}

#[diagnostic::do_not_recommend]
impl<M: FromIterator<(String, T)>, T> KeywordMap<T> for M {}

impl<'c, 'a> Bound<'c, 'a> {
    /// Makes place for the arguments of `call`.
    #[inline]
    pub(super) fn new(signature: &'c Signature, call: &'c Call<'a>) -> Self {
        Self {
            method: call.method(),
            parameters: signature.parameters(),
            values: [None; MOST_PARAMETERS],
            rest: Rest::default(),
            has_escapes: call.has_escapes(),
            fault: OnceCell::new(),
        }
    }

    /// Puts the arguments of `call` in the places of the parameters of `signature`.
    ///
    /// # Errors
    ///
    /// A fault with code -32602 that names the function and the parameter.
    pub(super) fn bind(&mut self, signature: &Signature, call: &Call<'a>) -> Result<(), Fault> {
        fill(signature, call, &mut self.values, &mut self.rest).map_err(Fault::refusing)
    }
}

fn fill<'a>(
    signature: &Signature,
    call: &Call<'a>,
    values: &mut [Option<&'a str>],
    rest: &mut Rest<'a>,
) -> Result<(), Fault> {
    let parameters = signature.parameters();
    let positions = signature.positions;
    let has = |kind| parameters.iter().any(|parameter| parameter.kind == kind);

    let mut given = call.positional().iter();
    for (place, value) in values[..positions].iter_mut().zip(&mut given) {
        *place = Some(value);
    }
    if call.positional().len() > positions && has(ParameterKind::Args) {
        rest.positional.extend(given);
    }
    // In every dialect, whether or not it has positions beside names: a call means the same in all.
    let is_rest =
        |name: &str| parameters.iter().any(|p| p.kind == ParameterKind::Args && p.name == name);
    // Names mostly come in the order of the parameters.
    let mut next = call.positional().len();
    for (name, value) in call.keyword().iter() {
        let is_meant = |p: &Parameter| p.kind.is_single() && p.name == name && !p.name.is_empty();
        let place = match parameters.get(next) {
            Some(parameter) if is_meant(parameter) => Some(next),
            _ => parameters.iter().position(is_meant),
        };
        match place {
            Some(index) if values[index].is_none() => {
                values[index] = Some(value);
                next = index + 1;
            }
            Some(index) => return Err(given_twice(call, index, &name)),
            None if is_rest(&name) => rest.take_array(signature, call, &name, value)?,
            None if has(ParameterKind::Kwargs) => rest.keyword.push((name, value)),
            None => return Err(unexpected(signature, call.method(), &name)),
        }
    }
    if call.positional().len() > positions && !has(ParameterKind::Args) {
        return Err(too_many(signature, call, positions));
    }
    let is_missing = |parameter: &Parameter, value: Option<&str>| {
        parameter.kind == ParameterKind::Required && value.is_none()
    };
    if parameters.iter().zip(&*values).any(|(parameter, value)| is_missing(parameter, *value)) {
        let pairs = parameters.iter().zip(&*values);
        let missing = pairs.filter(|(parameter, value)| is_missing(parameter, **value));
        let names: Vec<&str> = missing.map(|(parameter, _)| parameter.name).collect();
        return Err(missing_arguments(signature, call, &names));
    }
    Ok(())
}

impl<'a> Rest<'a> {
    /// Which of them has this text, the very same and not one like it: `[1]`, `.name`.
    #[cold]
    fn place_of(&self, text: &str) -> String {
        let is_it = |other: &str| std::ptr::eq(other, text);
        if let Some(index) = self.positional.iter().position(|other| is_it(other)) {
            return format!("[{index}]");
        }
        let member = self.keyword.iter().find(|(_, other)| is_it(other));
        member.map(|(name, _)| format!(".{name}")).unwrap_or_default()
    }

    /// Takes the arguments that are given under the variadic parameter's own name.
    #[cold]
    fn take_array(
        &mut self,
        signature: &Signature,
        call: &Call<'a>,
        name: &str,
        text: &'a str,
    ) -> Result<(), Fault> {
        if !self.positional.is_empty() || std::mem::replace(&mut self.is_named, true) {
            return Err(given_twice(call, signature.positions, name));
        }
        let walked = Reader::new(text, Limits::MAX_DEPTH).array(|reader| {
            self.positional.push(reader.value()?);
            Ok::<_, ProtocolError>(())
        });
        walked.map_err(|_| {
            Fault::invalid_params(format!(
                "argument `{name}` of `{}`, which takes any number of arguments, must be an array of \
                 them when it is given by name, but {} came",
                call.method(),
                describe(text),
            ))
            .quoting_from(", but ")
        })
    }
}

fn given_twice(call: &Call<'_>, index: usize, name: &str) -> Fault {
    let how = if index < call.positional().len() {
        "by position and by name"
    } else {
        "by name both times"
    };
    Fault::invalid_params(format!("argument `{name}` of `{}` is given twice, {how}", call.method()))
}

fn unexpected(signature: &Signature, method: &str, name: &str) -> Fault {
    let names = || {
        let named = signature.parameters().iter().filter(|p| p.kind != ParameterKind::Kwargs);
        named.map(|p| p.name).filter(|name| !name.is_empty())
    };
    let mut message = format!("`{method}` has no parameter `{}`", shorten(name));
    if let Some(name) = nearest(name, names()) {
        let _ = write!(message, "; did you mean `{name}`?");
    } else if names().next().is_some() {
        let _ = write!(message, "; it has {}", list(names()));
    } else if signature.parameters().is_empty() {
        message.push_str("; it takes no arguments");
    } else {
        message.push_str("; it takes its arguments by position only");
    }
    Fault::invalid_params(message)
}

fn too_many(signature: &Signature, call: &Call<'_>, positions: usize) -> Fault {
    let required = |p: &Parameter| p.kind == ParameterKind::Required;
    let exact = signature.parameters().iter().all(required);
    Fault::invalid_params(format!(
        "`{}` takes {}{positions} argument{} by position, but {} {} given",
        call.method(),
        if exact { "" } else { "at most " },
        if positions == 1 { "" } else { "s" },
        call.positional().len(),
        if call.positional().len() == 1 { "was" } else { "were" },
    ))
}

fn missing_arguments(signature: &Signature, call: &Call<'_>, names: &[&str]) -> Fault {
    let method = call.method();
    if names.iter().any(|name| name.is_empty()) {
        return Fault::invalid_params(format!(
            "`{method}` takes {} arguments by position, but {} {} given",
            signature.parameters().len(),
            call.positional().len(),
            if call.positional().len() == 1 { "was" } else { "were" },
        ));
    }
    Fault::invalid_params(format!(
        "`{method}` is missing argument{} {}; it is called as {signature}",
        if names.len() == 1 { "" } else { "s" },
        list(names.iter().copied()),
    ))
}

/// Lists names as a sentence does: `a`, `b` and `c`.
fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.pop() {
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
        None => String::new(),
    }
}

/// Cuts what a peer sent to a length that fits a sentence.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    shorten_to(text, 60)
}

fn shorten_to(text: &str, fits: usize) -> Cow<'_, str> {
    match text.char_indices().nth(fits) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

impl<'a> Bound<'_, 'a> {
    /// Decodes an argument that binding has found to be there; `None` where it is not of the
    /// parameter's type, of which [`fault`](Self::fault) tells.
    pub fn required<T: Deserialize<'a>>(&self, index: usize) -> Option<T> {
        self.decode(index, self.values[index].unwrap_or("null"))
    }

    /// Decodes an argument if it was given, as [`required`](Self::required).
    pub fn given<T: Deserialize<'a>>(&self, index: usize) -> Option<Option<T>> {
        match self.values[index] {
            Some(text) => self.decode(index, text).map(Some),
            None => Some(None),
        }
    }

    /// Decodes an `Option`, which is `None` where it was left out, as [`required`](Self::required).
    pub fn optional<T: Deserialize<'a>>(&self, index: usize) -> Option<Option<T>> {
        self.given::<Option<T>>(index).map(Option::flatten)
    }

    /// Decodes the positional arguments that are left over, as [`required`](Self::required).
    pub fn args<T: DeserializeOwned>(&self, index: usize) -> Option<Vec<T>> {
        let values = self.rest.positional.iter();
        values.map(|text| self.decode(index, text)).collect()
    }

    /// Decodes the keyword arguments that are left over into any map of names, as
    /// [`required`](Self::required).
    pub fn kwargs<M, T>(&self, index: usize) -> Option<M>
    where
        M: KeywordMap<T>,
        T: DeserializeOwned,
    {
        let members = self.rest.keyword.iter();
        members
            .map(|(name, text)| Some((name.clone().into_owned(), self.decode(index, text)?)))
            .collect()
    }

    /// The items of an array, and what one of them is called; as [`required`](Self::required).
    pub(super) fn items(&self, index: usize) -> Option<(ItemBatch, String)> {
        let text = self.values[index].unwrap_or("null");
        let parameter = self.parameters.get(index).map_or("", |parameter| parameter.name);
        let Ok(items) = ItemBatch::of(text) else {
            let fault = Fault::invalid_params(format!(
                "argument `{parameter}` of `{}` must be an array of its items, but {} came",
                self.method,
                describe(text),
            ));
            let _ = self.fault.set(fault.quoting_from(", but "));
            return None;
        };
        Some((items, format!("an item of argument `{parameter}` of `{}`", self.method)))
    }

    /// The fault of an argument that could not be decoded.
    #[cold]
    pub fn fault(&self) -> Fault {
        let fault = self.fault.get().cloned();
        fault.unwrap_or_else(|| Fault::invalid_params("an argument cannot be read")).refusing()
    }

    fn decode<T: Deserialize<'a>>(&self, index: usize, text: &'a str) -> Option<T> {
        match decode(text, self.has_escapes) {
            Ok(value) => Some(value),
            Err(error) => {
                let _ = self.fault.set(self.wrong_type(index, text, &error));
                None
            }
        }
    }

    #[cold]
    fn wrong_type(&self, index: usize, text: &str, error: &serde_json::Error) -> Fault {
        let parameter = self.parameters.get(index);
        let name = match parameter {
            Some(parameter) if !parameter.name.is_empty() => format!("`{}`", parameter.name),
            _ => format!("{}", index + 1),
        };
        Fault::invalid_params(format!(
            "argument {name} of `{}` must be {}, but {} came: {}{}",
            self.method,
            parameter.map_or("of another type", |parameter| parameter.ty),
            describe(text),
            problem_at(self.rest.place_of(text), text, error),
            advice(&error.to_string()),
        ))
        .quoting_from(", but ")
    }
}

/// What the author of a function can do where serde cannot.
fn advice(error: &str) -> &'static str {
    if error.contains("expected a borrowed string") {
        "; text with an escape in it cannot be borrowed, so have a `String`, or a `Cow<str>` with \
         `#[serde(borrow)]`, there"
    } else if error.contains("128 is not supported") {
        "; behind `flatten`, `untagged` and `tag` serde has no 128 bits, so have a text there"
    } else {
        ""
    }
}

/// Says what a JSON value is, in a few words.
fn describe(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'"') => format!("the string {}", shorten(text)),
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "an array".to_owned(),
        Some(b'-' | b'0'..=b'9') => format!("the number {}", shorten(text)),
        _ => shorten(text).into_owned(),
    }
}

/// Says what is wrong with a value that cannot be decoded from this text, and where in it.
#[cold]
pub(crate) fn problem(text: &str, error: &serde_json::Error) -> String {
    problem_at(String::new(), text, error)
}

/// The same of a text that is itself at a place in a value.
pub(crate) fn problem_at(mut place: String, text: &str, error: &serde_json::Error) -> String {
    place += &path(text, error);
    let said = error.to_string();
    // serde_json's `at line 1 column 5` counts from the argument, not from the message.
    let end = said.rfind(" at line ").unwrap_or(said.len());
    let said = shorten_to(&said[..end], 200);
    if place.is_empty() {
        said.into_owned()
    } else {
        format!("at `{}`: {said}", shorten_to(&place, 120))
    }
}
