//! Why an upload ended before its end.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::{Fault, code, json};

use super::FunctionError;

/// Why an upload ended before its end: what comes in the place of its next item, and is the last.
///
/// So a part is never taken for the whole. It is an error that a function may have of its own, and callers see it as
/// a [`CallError::Function`](crate::CallError::Function).
///
/// ```standalone_crate
/// use rpc_core::{Cut, Items, rpc_export};
///
/// #[rpc_export]
/// fn total(numbers: Items<i64>) -> Result<i64, Cut> {
///     numbers.sum()
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    kind: CutKind,
    message: String,
}

/// What has cut an upload off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CutKind {
    /// The connection has ended.
    Gone,
    /// The caller has taken the call back.
    Cancelled,
    /// The time that the caller waits is over, or nothing has come for as long as the server allows.
    TimedOut,
    /// The server stops.
    Stopping,
    /// An item, counted from 0, is not of the type that the function takes.
    Item(u64),
    /// The caller has sent more than there was room for.
    Overrun,
}

/// What travels of one.
#[derive(Serialize, Deserialize)]
struct Data {
    cut: CutKind,
}

impl Cut {
    pub(crate) fn new(kind: CutKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What has cut it off.
    pub fn kind(&self) -> CutKind {
        self.kind
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cut {}

impl FunctionError for Cut {
    fn to_fault(&self) -> Fault {
        let code = match self.kind {
            CutKind::Gone | CutKind::Cancelled => code::CANCELLED,
            CutKind::TimedOut => code::TIMED_OUT,
            CutKind::Stopping => code::SHUTTING_DOWN,
            CutKind::Item(_) => code::INVALID_PARAMS,
            CutKind::Overrun => code::INVALID_REQUEST,
        };
        Fault::new(code, self.message.clone()).with_data(&Data { cut: self.kind })
    }

    fn from_fault(fault: Fault) -> Result<Self, Fault> {
        match json::by_serde_json::<Data>(fault.data().unwrap_or("null")) {
            Ok(Data { cut }) => Ok(Self::new(cut, fault.message())),
            Err(_) => Err(fault),
        }
    }
}

impl From<Cut> for Fault {
    fn from(cut: Cut) -> Self {
        cut.to_fault()
    }
}
