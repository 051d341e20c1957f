//! The arguments of a call that is to be sent, written where the message is put together.

use std::collections::HashSet;

use serde::Serialize;

use super::Limits;
use super::json::{Form, Reader, WriteError, write, write_as};

/// Arguments that can be written, whatever dialect asks for them and in whatever form.
///
/// Typed proxies, [`args!`](crate::args) and [`kwargs!`](crate::kwargs) are arguments; nobody needs
/// to implement this by hand.
pub trait Arguments {
    /// Writes what is given by position.
    ///
    /// # Errors
    ///
    /// Where a value has no JSON form.
    fn write_positional(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError>;

    /// Writes what is given by name.
    ///
    /// # Errors
    ///
    /// Where a value has no JSON form.
    fn write_keyword(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError>;

    /// Writes everything by name, for peers that take positions or names but not both.
    ///
    /// # Errors
    ///
    /// Where a value has no JSON form, or where a position's name is not known.
    fn write_named(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError>;

    /// Writes everything by position, for peers that know no names.
    ///
    /// # Errors
    ///
    /// Where a value has no JSON form, where the position of a name is not known, or where one is
    /// left out before another.
    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError>;

    /// Whether something is given by name, and the names of all the others are known. `false` where
    /// only writing them would tell.
    fn are_better_named(&self) -> bool {
        false
    }

    /// How many bytes they take at least, as far as that is seen without writing them: an upload over
    /// the limit is refused before it is encoded.
    fn least_size(&self) -> usize {
        0
    }
}

impl<A: Arguments + ?Sized> Arguments for &A {
    fn write_positional(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        (**self).write_positional(array)
    }

    fn write_keyword(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        (**self).write_keyword(object)
    }

    fn write_named(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        (**self).write_named(object)
    }

    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        (**self).write_in_order(array)
    }

    fn are_better_named(&self) -> bool {
        (**self).are_better_named()
    }

    fn least_size(&self) -> usize {
        (**self).least_size()
    }
}

/// An argument that cannot be sent.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{problem}{reason}")]
pub struct ArgumentError {
    problem: String,
    needs_names: bool,
    /// Why the names are not known.
    reason: String,
}

impl ArgumentError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), needs_names: false, reason: String::new() }
    }

    /// Positions and names cannot be told from each other where a dialect has but one of them.
    pub(crate) fn needs_names() -> Self {
        let problem = "this dialect takes arguments by position or by name, not both, and the \
                       function's parameters are not known; give all of them in one way, or use the \
                       function's typed stub, which knows its parameters";
        Self { needs_names: true, ..Self::new(problem) }
    }

    /// An argument is left out, and one behind it is given, where there are only positions.
    pub(crate) fn gap(left_out: &str, given: &str) -> Self {
        let problem = format!(
            "this dialect takes arguments by position only, and `{left_out}` is left out before \
             `{given}`; give `{left_out}` too"
        );
        Self { needs_names: true, ..Self::new(problem) }
    }

    /// An argument that has no position is given where there are only positions.
    pub(crate) fn has_no_position(argument: &str) -> Self {
        let problem = format!(
            "this dialect takes arguments by position only, and `{argument}` takes its own by name"
        );
        Self { needs_names: true, ..Self::new(problem) }
    }

    /// Whether the names of the function's parameters would help.
    pub(crate) fn would_names_help(&self) -> bool {
        self.needs_names
    }

    /// The same, and why the names are not known.
    pub(crate) fn because(&self, reason: &str) -> Self {
        Self { reason: format!(" ({reason})"), ..self.clone() }
    }

    fn of(argument: &str, error: &WriteError) -> Self {
        Self::new(format!("argument {argument} cannot be sent: {error}"))
    }
}

/// Writes the elements of an array that is open.
#[derive(Debug)]
pub struct ArrayWriter<'o> {
    out: &'o mut Vec<u8>,
    count: usize,
    form: Form,
    has_keywords: bool,
}

impl<'o> ArrayWriter<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, count: 0, form: Form::Plain, has_keywords: false }
    }

    /// The same in a form, which may tell more types than JSON has.
    pub(crate) fn in_form(out: &'o mut Vec<u8>, form: Form) -> Self {
        Self { form, ..Self::new(out) }
    }

    /// Appends an element.
    ///
    /// # Errors
    ///
    /// Where the value has no JSON form.
    pub fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ArgumentError> {
        let number = self.count + 1;
        self.append(value)
            .map_err(|error| ArgumentError::of(&format!("{number} by position"), &error))
    }

    /// Appends an element whose parameter's name is known, and is said where the value has no JSON
    /// form.
    pub(crate) fn named_element<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), ArgumentError> {
        self.append(value).map_err(|error| ArgumentError::of(&format!("`{name}`"), &error))
    }

    fn append<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        write_as(self.form, self.out, value)
    }

    /// Appends an element that is written already.
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.texts(text, 1);
    }

    /// Appends so many elements that are written already, with commas between them.
    pub(crate) fn texts(&mut self, texts: &[u8], count: usize) {
        if self.count > 0 && count > 0 {
            self.out.push(b',');
        }
        self.count += count;
        self.form.append(self.out, texts);
    }

    /// Appends the keyword arguments as the last element, an object.
    pub(crate) fn keywords(&mut self, object: &[u8]) {
        self.text(object);
        self.has_keywords = true;
    }

    /// Whether the last element is the keyword arguments.
    #[cfg(feature = "xmlrpc")]
    pub(crate) fn has_keywords(&self) -> bool {
        self.has_keywords
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

/// Writes the members of an object that is open.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    count: usize,
    form: Form,
}

impl<'o> ObjectWriter<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, count: 0, form: Form::Plain }
    }

    /// The same in a form, which may tell more types than JSON has.
    pub(crate) fn in_form(out: &'o mut Vec<u8>, form: Form) -> Self {
        Self { form, ..Self::new(out) }
    }

    /// Appends a member whose value is written already.
    pub(crate) fn text(&mut self, name: &str, text: &[u8]) -> Result<(), ArgumentError> {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        write(self.out, name).map_err(|error| ArgumentError::of(&format!("`{name}`"), &error))?;
        self.out.push(b':');
        self.form.append(self.out, text);
        Ok(())
    }

    /// Appends so many members that are written already, with commas between them.
    pub(crate) fn texts(&mut self, texts: &[u8], count: usize) {
        if self.count > 0 && count > 0 {
            self.out.push(b',');
        }
        self.count += count;
        self.form.append(self.out, texts);
    }

    /// Appends a member whose name is written already, in its quotes.
    pub(crate) fn quoted_member<T: Serialize + ?Sized>(
        &mut self,
        quoted: &[u8],
        value: &T,
    ) -> Result<(), ArgumentError> {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        self.out.extend_from_slice(quoted);
        self.out.push(b':');
        write_as(self.form, self.out, value).map_err(|error| {
            let name = String::from_utf8_lossy(quoted);
            ArgumentError::of(&format!("`{}`", name.trim_matches('"')), &error)
        })
    }

    /// Has `write` append members, none of which may have the name.
    pub(crate) fn without(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Self) -> Result<(), ArgumentError>,
    ) -> Result<(), ArgumentError> {
        if self.names_of(write)?.iter().any(|written| written == name) {
            return Err(ArgumentError::new(format!(
                "a keyword argument `{name}` cannot be told from the parameter `{name}`, which takes \
                 the arguments by position that are left; give it another name"
            )));
        }
        Ok(())
    }

    /// Has `write` append members, no two of which may have one name.
    pub(crate) fn each_once(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), ArgumentError>,
    ) -> Result<(), ArgumentError> {
        let mut names = HashSet::new();
        match self.names_of(write)?.into_iter().find(|name| !names.insert(name.clone())) {
            Some(name) => {
                Err(ArgumentError::new(format!("argument `{name}` is given twice, by name")))
            }
            None => Ok(()),
        }
    }

    /// Has `write` append members, and says what they are called.
    fn names_of(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), ArgumentError>,
    ) -> Result<Vec<String>, ArgumentError> {
        let start = self.out.len();
        write(self)?;
        let written = String::from_utf8_lossy(self.out.get(start..).unwrap_or_default());
        let object = format!("{{{}}}", written.strip_prefix(',').unwrap_or(&written));
        let mut names = Vec::new();
        let read = Reader::new(&object, Limits::MAX_DEPTH).object(|reader, key| {
            names.push(key.resolve().into_owned());
            reader.value().map(drop)
        });
        read.map_err(|error| ArgumentError::new(error.to_string()))?;
        Ok(names)
    }

    /// Appends a member.
    ///
    /// # Errors
    ///
    /// Where the value has no JSON form.
    pub fn member<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), ArgumentError> {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        self.name(name)
            .and_then(|()| write_as(self.form, self.out, value))
            .map_err(|error| ArgumentError::of(&format!("`{name}`"), &error))
    }

    /// Appends a name and its colon.
    #[inline]
    fn name(&mut self, name: &str) -> Result<(), WriteError> {
        // As those of parameters are, of which nothing has to be escaped.
        let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_word {
            write(self.out, name)?;
            self.out.push(b':');
            return Ok(());
        }
        self.out.reserve(name.len() + 3);
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        Ok(())
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }
}
