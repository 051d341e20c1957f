//! A result as the JSON text it travels as.

use std::any::Any;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::{Error, Misuse};
use crate::protocol::json::{decode, write};
use crate::protocol::{ArgumentError, ProtocolError};
use crate::registry::problem;

use super::FromError;

/// A result as JSON text, not decoded.
///
/// ```
/// use rpc_core::client::RawJson;
///
/// let json = RawJson::of(&[1, 2])?;
/// assert_eq!(json.get(), "[1,2]");
/// assert_eq!(json.decode::<Vec<u8>>()?, [1, 2]);
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Writes a value.
    ///
    /// # Errors
    ///
    /// Where the value has no JSON form.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        let mut text = Vec::new();
        let unsendable = |problem: String| Misuse::Argument(ArgumentError::new(problem));
        write(&mut text, value).map_err(|error| unsendable(error.to_string()))?;
        let text = String::from_utf8(text).map_err(|error| unsendable(error.to_string()))?;
        let text = RawValue::from_string(text).map_err(|error| unsendable(error.to_string()))?;
        Ok(Self(text))
    }

    /// Returns the text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Reads it as a value.
    ///
    /// # Errors
    ///
    /// Where it is no such value.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        decode(self.get(), true).map_err(|error| {
            let problem = problem(self.get(), &error);
            Misuse::Argument(ArgumentError::new(problem)).into()
        })
    }

    /// Reads it as the result of a function.
    pub(super) fn result_of<T: DeserializeOwned>(&self, method: &str) -> Result<T, Error> {
        decode(self.get(), true).map_err(|error| {
            let problem = problem(self.get(), &error);
            ProtocolError::Result { method: method.to_owned(), problem }.into()
        })
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

/// Turns the outcome of a call, as it travelled, into what its caller asked for.
pub(super) fn decoded<T: DeserializeOwned + 'static, E: FromError>(
    outcome: Result<RawJson, Error>,
    method: &str,
) -> Result<T, E> {
    let decode = |json: RawJson| {
        let mut result: Option<T> = None;
        // Whoever asks for the text itself gets it without a copy.
        match (&mut result as &mut dyn Any).downcast_mut::<Option<RawJson>>() {
            Some(same) => *same = Some(json),
            None => result = Some(json.result_of(method)?),
        }
        result.ok_or_else(|| ProtocolError::NotAReply("it is empty".to_owned()).into())
    };
    outcome.and_then(decode).map_err(E::from_error)
}
