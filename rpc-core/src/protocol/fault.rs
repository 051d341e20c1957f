//! What the other side says when it says no.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::code;

/// A call's refusal or failure as it travels: a code, a sentence and, where there is more to
/// say, data.
///
/// ```
/// use rpc_core::Fault;
///
/// let fault = Fault::new(402, "the account is empty").with_data(&["savings"]);
/// assert_eq!(fault.to_string(), "the account is empty (code 402)");
/// assert_eq!(fault.data(), Some(r#"["savings"]"#));
/// ```
#[derive(Clone)]
pub struct Fault {
    code: i64,
    message: String,
    /// What few faults have, so that all are small.
    more: Option<Box<More>>,
    /// Whether it has kept a function from beginning.
    is_refusal: bool,
    /// From which byte on the message shows what the other side has sent, which may be a secret of a caller.
    quotes_from: u32,
}

/// A message that quotes nothing.
const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Default)]
struct More {
    data: Option<Box<RawValue>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Fault {
    /// Makes a fault of a [`code`] and a sentence for people.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), more: None, is_refusal: false, quotes_from: NOWHERE }
    }

    /// Sets the error behind this one, for the log of this process: it is the fault's
    /// [`source`](StdError::source), and does not travel.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.more.get_or_insert_default().source = Some(source.into().into());
        self
    }

    pub(crate) fn with_raw_data(mut self, data: Option<Box<RawValue>>) -> Self {
        if data.is_some() || self.more.is_some() {
            self.more.get_or_insert_default().data = data;
        }
        self
    }

    /// Says that the function has not begun.
    pub(crate) fn refusing(self) -> Self {
        Self { is_refusal: true, ..self }
    }

    /// Takes that back: what this has refused was another call, which the function made.
    pub(crate) fn not_refusing(self) -> Self {
        Self { is_refusal: false, ..self }
    }

    /// Says that from the first of these words on the message shows what the other side has sent.
    pub(crate) fn quoting_from(self, words: &str) -> Self {
        let place = self.message.find(words).and_then(|place| u32::try_from(place).ok());
        Self { quotes_from: place.unwrap_or(NOWHERE), ..self }
    }

    /// The fault as logs have it, which outlive the call: without what the other side has sent.
    pub(crate) fn for_log(&self) -> ForLog<'_> {
        ForLog(self)
    }

    /// Whether it is certain that the function has not begun.
    pub(crate) fn is_refusal(&self) -> bool {
        self.is_refusal
    }

    /// The number that says what kind of failure this is; see [`code`].
    pub fn code(&self) -> i64 {
        self.code
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The data for programs, as JSON text.
    pub fn data(&self) -> Option<&str> {
        self.more.as_ref()?.data.as_deref().map(RawValue::get)
    }

    /// When a call may be made again, where the fault says so: as `retry_after_ms` of its data, in milliseconds. Servers say
    /// it of calls that are over a limit.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rpc_core::Fault;
    /// use rpc_core::protocol::code;
    ///
    /// let fault = Fault::new(code::OVERLOADED, "too many").with_data(&serde_json::json!({"retry_after_ms": 38}));
    /// assert_eq!(fault.retry_after(), Some(Duration::from_millis(38)));
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        let again: Again = serde_json::from_str(self.data()?).ok()?;
        Some(Duration::from_millis(again.retry_after_ms))
    }

    /// Reports JSON that is not a call.
    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_REQUEST, message)
    }

    /// Reports arguments that do not fit.
    pub(crate) fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_PARAMS, message)
    }
}

/// The data of a fault that says when to come again.
#[derive(Serialize, Deserialize)]
pub(crate) struct Again {
    pub(crate) retry_after_ms: u64,
}

/// A fault as logs have it.
pub(crate) struct ForLog<'f>(&'f Fault);

impl fmt::Display for ForLog<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(fault) = self;
        match fault.message.get(..fault.quotes_from as usize) {
            Some(said) => write!(f, "{said}… (code {})", fault.code),
            None => fault.fmt(f),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

// `more` is shown as the two that it holds.
#[allow(clippy::missing_fields_in_debug)]
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Fault");
        fields.field("code", &self.code).field("message", &self.message);
        fields.field("data", &self.data());
        if let Some(source) = self.source() {
            fields.field("source", &source);
        }
        fields.finish()
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.more.as_ref()?.source.as_ref().map(|source| &**source as _)
    }
}
