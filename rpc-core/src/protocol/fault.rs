//! What the other side says when it says no.

use std::fmt;

use serde::Serialize;
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
#[derive(Debug, Clone)]
pub struct Fault {
    code: i64,
    message: String,
    data: Option<Box<RawValue>>,
}

impl Fault {
    /// Makes a fault of a [`code`] and a sentence for people.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Adds data for programs. Data that has no JSON form is left out.
    #[must_use]
    pub fn with_data<T: Serialize + ?Sized>(mut self, data: &T) -> Self {
        self.data = serde_json::value::to_raw_value(data).ok();
        self
    }

    pub(crate) fn with_raw_data(mut self, data: Option<Box<RawValue>>) -> Self {
        self.data = data;
        self
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
        self.data.as_deref().map(RawValue::get)
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

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

impl std::error::Error for Fault {}
