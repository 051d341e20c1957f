//! What a token says of whom it is for.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::json::{Members, members};

/// All that a token says (RFC 7519), once it was found to be right: what a function finds by
/// [`Identity::get`](crate::identity::Identity::get).
///
/// ```
/// use rpc_core::CallContext;
/// use rpc_core::jwt::Claims;
///
/// fn email(context: &CallContext) -> Option<String> {
///     context.identity()?.get::<Claims>()?.get("email")
/// }
/// # let _ = email;
/// ```
#[derive(Clone)]
pub struct Claims(Members);

impl Claims {
    /// Reads them; `None` where they are no object whose members are distinct.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        members(payload).map(Self)
    }

    /// What a claim is, where it is there and of this type.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        // Values that lend themselves, as texts, are read through the value itself.
        T::deserialize(self.0.get(name)?).ok()
    }

    /// The names of all of them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A text, or several; `None` where it is something else or not there.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.0.get(name)? {
            Value::String(text) => Some(vec![text]),
            Value::Array(texts) => texts.iter().map(Value::as_str).collect(),
            _ => None,
        }
    }

    /// Whether a claim is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A time, in seconds since 1970; `None` where it is none, or not there.
    pub(super) fn time(&self, name: &str) -> Option<SystemTime> {
        let seconds = self.0.get(name)?.as_f64()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    }
}

/// What they say may be a secret: names alone are shown.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
