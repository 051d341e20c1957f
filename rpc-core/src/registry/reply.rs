//! Where a function's result goes.

use serde::Serialize;

use crate::protocol::json::{Form, write_as};
use crate::protocol::{Fault, code};

use super::{CallContext, Signature};

/// Takes one result and writes it where the reply is being put together, as JSON.
#[derive(Debug)]
pub struct Reply<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    form: Form,
    name: Option<&'static str>,
}

/// Writes the result of an asynchronous function, as [`Reply::send`] does.
///
/// # Errors
///
/// Where it has no JSON form.
pub fn to_text<T: Serialize + ?Sized>(form: Form, result: &T) -> Result<String, Fault> {
    let mut out = Vec::new();
    write_result(form, &mut out, result)?;
    into_text(out)
}

/// The text of a result that has been written.
pub(super) fn into_text(out: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(out).map_err(|error| cannot_be_sent(&error))
}

fn write_result<T: Serialize + ?Sized>(
    form: Form,
    out: &mut Vec<u8>,
    result: &T,
) -> Result<(), Fault> {
    write_as(form, out, result).map_err(|error| cannot_be_sent(&error))
}

#[cold]
fn cannot_be_sent(error: &dyn std::error::Error) -> Fault {
    Fault::new(
        code::INTERNAL_ERROR,
        format!("the function has run, and its result cannot be sent: {error}"),
    )
}

impl<'o> Reply<'o> {
    /// Starts a reply at the end of `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self { start: out.len(), out, form: Form::Plain, name: None }
    }

    /// Sends the result.
    ///
    /// # Errors
    ///
    /// Where it has no JSON form, as a `NaN` has none.
    pub fn send<T: Serialize + ?Sized>(&mut self, result: &T) -> Result<(), Fault> {
        self.out.truncate(self.start);
        write_result(self.form, self.out, result)
    }

    /// The result sent so far, as JSON text.
    pub fn text(&self) -> &str {
        let sent = self.out.get(self.start..).unwrap_or_default();
        std::str::from_utf8(sent).unwrap_or_default()
    }

    /// What the ping dialect calls the reply; `None` for the name that was called.
    pub(crate) fn name(&self) -> Option<&'static str> {
        self.name
    }

    pub(super) fn answers(&mut self, signature: &Signature, context: &CallContext) {
        self.name = signature.reply;
        self.form = context.form();
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.out.len() > self.start
    }
}
