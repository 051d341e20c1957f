//! The arguments of a call that is to be sent, written where the message is put together.

use serde::Serialize;

use super::json::{Form, WriteError, write, write_as};

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
}

/// An argument that cannot be sent.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{problem}")]
pub struct ArgumentError {
    problem: String,
}

impl ArgumentError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into() }
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
}

impl<'o> ArrayWriter<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, count: 0, form: Form::Plain }
    }

    /// The same for a dialect that has more types than JSON.
    #[cfg(feature = "xmlrpc")]
    pub(crate) fn marked(out: &'o mut Vec<u8>) -> Self {
        Self { form: Form::Marked, ..Self::new(out) }
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

    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

/// Writes the members of an object that is open.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    count: usize,
}

impl<'o> ObjectWriter<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, count: 0 }
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
        write(self.out, name)
            .and_then(|()| {
                self.out.push(b':');
                write(self.out, value)
            })
            .map_err(|error| ArgumentError::of(&format!("`{name}`"), &error))
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }
}
