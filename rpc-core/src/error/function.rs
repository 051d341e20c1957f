//! The errors that functions have of their own.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{Fault, code, json};

/// A function's own error: one that can be shown, sent and taken apart again.
///
/// Every type that is `Display`, `Serialize` and `DeserializeOwned` is one, as a `thiserror` enum
/// that derives serde's traits; and so is [`Fault`], for functions that choose code and data
/// themselves. On the wire it is a fault with code [`code::APPLICATION`], its `Display` as message
/// and itself as data.
///
/// Of an [`io::Error`](std::io::Error), an [`Error`](crate::Error), a `Box<dyn Error + Send + Sync>` or
/// an `anyhow::Error` the message travels and no more, and its callers see an [`Error`](crate::Error).
/// The error itself stays on the server, as the [`source`](std::error::Error::source) of the fault.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel as a function's error",
    label = "must be `Display`, `Serialize` and `Deserialize`",
    note = "implement `Display` (as thiserror does) and derive serde's traits on it, or return `Result<_, rpc_core::Fault>`, or `Result<_, Box<dyn Error + Send + Sync>>` where the words are enough"
)]
pub trait FunctionError: Sized + Send + 'static {
    /// Says the error as it travels.
    fn to_fault(&self) -> Fault;

    /// Reads it back.
    ///
    /// # Errors
    ///
    /// The fault, whole, where it is not this error.
    fn from_fault(fault: Fault) -> Result<Self, Fault>;
}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display + Serialize + DeserializeOwned + Send + 'static> FunctionError for E {
    fn to_fault(&self) -> Fault {
        Fault::new(code::APPLICATION, self.to_string()).with_data(self)
    }

    fn from_fault(fault: Fault) -> Result<Self, Fault> {
        if fault.code() != code::APPLICATION {
            return Err(fault);
        }
        // Data that is `null`, as a struct without members is, counts as none.
        let error = json::by_serde_json(fault.data().unwrap_or("null")).ok();
        error.ok_or(fault)
    }
}

impl FunctionError for Fault {
    fn to_fault(&self) -> Fault {
        self.clone()
    }

    fn from_fault(fault: Fault) -> Result<Self, Fault> {
        Ok(fault)
    }
}
