//! The errors that calls can end in.

use crate::error::{CallError, Error, FunctionError};
use crate::protocol::Fault;

/// The error a call ends in: [`Error`], or for functions that have errors of their own
/// [`CallError`].
pub trait FromError: Sized + Send + 'static {
    /// Takes the error of a call.
    fn from_error(error: Error) -> Self;

    /// Says the error as it travels.
    fn into_fault(self) -> Fault;
}

impl FromError for Error {
    fn from_error(error: Error) -> Self {
        error
    }

    fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            error => error.into(),
        }
    }
}

impl<E: FunctionError> FromError for CallError<E> {
    fn from_error(error: Error) -> Self {
        match error {
            Error::Fault(fault) => match E::from_fault(fault) {
                Ok(error) => Self::Function(error),
                Err(fault) => Self::Rpc(fault.into()),
            },
            error => Self::Rpc(error),
        }
    }

    fn into_fault(self) -> Fault {
        match self {
            Self::Function(error) => error.to_fault(),
            Self::Rpc(error) => error.into_fault(),
        }
    }
}
