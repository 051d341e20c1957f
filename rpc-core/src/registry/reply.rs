//! Where a function's result goes.

use std::sync::Arc;

use serde::Serialize;

#[cfg(feature = "schema")]
use crate::protocol::json::Form;
use crate::protocol::json::{Place, WriteError, write_at};
use crate::protocol::{Fault, code};

use super::kept_text::KeptText;
use super::stats::{Kept, Tally};
use super::{CallContext, Signature};

/// Takes one result and writes it where the reply is being put together, as JSON.
#[derive(Debug)]
pub struct Reply<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    place: Place,
    name: Option<&'static str>,
    /// What counts the call.
    tally: Option<&'o mut Tally>,
}

/// Writes the result of an asynchronous function, as [`Reply::send`] does.
///
/// # Errors
///
/// Where it has no JSON form.
pub fn to_text<T: Serialize + ?Sized>(place: Place, result: &T) -> Result<String, Fault> {
    let mut out = Vec::new();
    write_result(place, &mut out, result)?;
    into_text(out)
}

/// The text of a result that has been written.
pub(super) fn into_text(out: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(out).map_err(|error| cannot_be_sent(&error))
}

fn write_result<T: Serialize + ?Sized>(
    place: Place,
    out: &mut Vec<u8>,
    result: &T,
) -> Result<(), Fault> {
    write_at(place, out, result).map_err(|error| unsent(place, &error))
}

#[cold]
pub(super) fn unsent(place: Place, error: &WriteError) -> Fault {
    match error {
        WriteError::TooDeep => Fault::new(
            code::REPLY_TOO_LARGE,
            format!(
                "the function has run, but its result cannot be sent: it nests arrays and objects \
                 deeper than {} levels, which is what `Limits::max_depth` leaves within this reply",
                place.levels()
            ),
        ),
        WriteError::Other(_) => cannot_be_sent(error),
    }
}

#[cold]
fn cannot_be_sent(error: &dyn std::error::Error) -> Fault {
    let message = format!("the function has run, but its result cannot be sent: {error}");
    Fault::new(code::INTERNAL_ERROR, message)
}

impl<'o> Reply<'o> {
    /// Starts a reply at the end of `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self::counted(out, None)
    }

    /// The same for a call that is counted under the function that is found for it.
    #[inline]
    pub(crate) fn counted(out: &'o mut Vec<u8>, tally: Option<&'o mut Tally>) -> Self {
        Self { start: out.len(), out, place: Place::default(), name: None, tally }
    }

    /// Sends the result.
    ///
    /// # Errors
    ///
    /// Where it has no JSON form, as a `NaN` has none, and where it nests too deep.
    pub fn send<T: Serialize + ?Sized>(&mut self, result: &T) -> Result<(), Fault> {
        self.out.truncate(self.start);
        write_result(self.place, self.out, result)
    }

    /// Sends a result that has been written before.
    ///
    /// # Errors
    ///
    /// Where it nests too deep.
    pub(super) fn send_kept(
        &mut self,
        kept: Result<Arc<KeptText>, WriteError>,
    ) -> Result<(), Fault> {
        let kept = kept.map_err(|error| unsent(self.place, &error))?;
        if kept.depth > self.place.levels() {
            return Err(unsent(self.place, &WriteError::TooDeep));
        }
        self.out.truncate(self.start);
        self.out.extend_from_slice(&kept.json);
        Ok(())
    }

    /// Whether the result is bound for XML-RPC.
    #[cfg(feature = "schema")]
    pub(super) fn is_for_xml(&self) -> bool {
        self.place.form == Form::Marked
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
        self.place = context.place();
    }

    /// Has the call counted, if it is, under this row.
    #[inline]
    pub(super) fn begins(&mut self, row: u32, statistics: &Kept) {
        if let Some(tally) = &mut self.tally {
            tally.begin(row, statistics);
        }
    }

    /// Writes where the reply to this call goes.
    pub(crate) fn goes_to(&mut self, context: &CallContext) {
        self.place = context.place();
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.out.len() > self.start
    }
}
