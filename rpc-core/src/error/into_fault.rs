//! What becomes of other errors where a function that is served ends in them by `?`.

use std::error::Error as StdError;
use std::io;

use crate::protocol::{Fault, code};

use super::{CallError, Error, FunctionError};

impl From<Error> for Fault {
    /// Passes on what another server said: its code, message and data. A refusal of a call that has
    /// not run is another thing for the caller of the function that made it, which has run: its code
    /// becomes [`code::INTERNAL_ERROR`]. Of other errors the message travels, as
    /// [`code::APPLICATION`].
    ///
    /// ```
    /// use rpc_core::{Error, Fault};
    ///
    /// let error = Error::from(Fault::new(402, "the account is empty"));
    /// assert_eq!(Fault::from(error).code(), 402);
    /// ```
    fn from(error: Error) -> Self {
        let may_have_run = error.may_have_run();
        match error {
            Error::Fault(fault) if may_have_run => fault,
            Error::Fault(fault) => {
                let message = format!("a call that the function made was refused: {fault}");
                Self::new(code::INTERNAL_ERROR, message).because(fault)
            }
            error => Self::new(code::APPLICATION, error.to_string()).because(error),
        }
    }
}

impl<E: FunctionError> From<CallError<E>> for Fault {
    /// Passes on the other function's own error as it travelled, and others as a
    /// [`Fault`] is made of an [`Error`].
    fn from(error: CallError<E>) -> Self {
        match error {
            // A refusal is one of these where the function's own error is a `Fault`.
            CallError::Function(error) => Error::Fault(error.to_fault()).into(),
            CallError::Rpc(error) => error.into(),
        }
    }
}

impl From<io::Error> for Fault {
    /// Its message travels; the error stays here as the fault's source.
    fn from(error: io::Error) -> Self {
        Self::from(Box::<dyn StdError + Send + Sync>::from(error))
    }
}

impl From<Box<dyn StdError + Send + Sync>> for Fault {
    /// A [`Fault`], an [`Error`] and a `CallError<Fault>` are passed on; of others the
    /// message travels, and the error stays here as the fault's source.
    fn from(error: Box<dyn StdError + Send + Sync>) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(fault) => return Error::Fault(*fault).into(),
            Err(error) => error,
        };
        let error = match error.downcast::<CallError<Self>>() {
            Ok(error) => return (*error).into(),
            Err(error) => error,
        };
        match error.downcast::<Error>() {
            Ok(error) => (*error).into(),
            Err(error) => Self::new(code::APPLICATION, error.to_string()).because(error),
        }
    }
}
