//! What a call fails with.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::protocol::{ArgumentError, Fault, ProtocolError, code};

use super::cause;
use super::{FunctionError, IoError, IoErrorKind, LayerError, Misuse};

/// Why a call or a server failed, by who is to blame: the connection, the bytes, the other side,
/// the code that asked, or a layer that stands before the connection.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection or the operating system.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The bytes that came are not what the protocol has in this place.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The other side said no.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The code on this side asked for something that cannot be.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// A layer between the caller and the connection ended the call.
    #[error(transparent)]
    Layer(#[from] LayerError),
}

impl Error {
    /// Whether the call may have run on the other side. `false` is certain.
    ///
    /// A call that failed before its first byte was sent has not run; one that was sent and not
    /// answered may have. A fault of the codes that refuse a call before running it says it did not, and
    /// so do some statuses of HTTP ([`ProtocolError::Http`]).
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::Io(error) => error.may_have_run,
            Self::Protocol(error) => error.may_have_run(),
            Self::Fault(fault) => fault.says_may_have_run() || !code::is_refusal(fault.code()),
            Self::Misuse(_) => false,
            Self::Layer(error) => error.may_have_run,
        }
    }

    /// Has the error say that the call may have run, in an attempt before the one that it is of.
    pub(crate) fn set_may_have_run(&mut self) {
        match self {
            Self::Io(error) => error.may_have_run = true,
            Self::Layer(error) => error.may_have_run = true,
            Self::Protocol(_) | Self::Fault(_) | Self::Misuse(_) => {}
        }
    }

    /// Whether the call's time was up: this side waited no longer, or the other side says so.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Io(error) => matches!(error.kind(), IoErrorKind::TimedOut(_)),
            Self::Fault(fault) => fault.code() == code::TIMED_OUT,
            _ => false,
        }
    }

    /// The number that the other side's fault carries, where there is one; see
    /// [`code`](crate::protocol::code).
    pub fn code(&self) -> Option<i64> {
        self.fault().map(Fault::code)
    }

    /// When the call may be made again, where the other side says so; see [`Fault::retry_after`].
    pub fn retry_after(&self) -> Option<Duration> {
        self.fault()?.retry_after()
    }

    /// The other side's fault, where there is one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

impl From<ArgumentError> for Error {
    fn from(error: ArgumentError) -> Self {
        Self::Misuse(Misuse::Argument(error))
    }
}

/// Why a call of a function that has errors of its own failed: with that error, or otherwise.
///
/// It says what its error says. The function's own error is its [`source`](StdError::source) where that
/// is an error itself, as a `String` is not, and some function that is exported in this program returns it.
///
/// ```standalone_crate
/// use std::error::Error;
///
/// use rpc_core::{FunctionRegistry, Fault, call, rpc_export};
///
/// #[rpc_export]
/// fn pay() -> Result<(), Fault> {
///     Err(Fault::new(402, "pay first"))
/// }
///
/// let error = call!(FunctionRegistry::exported().pay()).unwrap_err();
/// let source = error.source().and_then(|source| source.downcast_ref());
/// assert_eq!(source.map(Fault::code), Some(402));
/// ```
#[derive(Debug, Clone)]
pub enum CallError<E> {
    /// The function ran and returned this error.
    Function(E),
    /// The call failed otherwise.
    Rpc(Error),
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(error) => error.fmt(f),
            Self::Rpc(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display + 'static> StdError for CallError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Function(error) => cause::of(error),
            Self::Rpc(error) => error.source(),
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        Self::Rpc(error)
    }
}

impl<E> CallError<E> {
    /// Whether the call may have run, as its function has that ended in an error of its own.
    ///
    /// Where it is `false` the call is safe to make again; see [`Error::may_have_run`].
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::Function(_) => true,
            Self::Rpc(error) => error.may_have_run(),
        }
    }

    /// Whether the call's time was up; see [`Error::is_timeout`].
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Rpc(error) if error.is_timeout())
    }

    /// When the call may be made again, where the other side says so; see [`Fault::retry_after`].
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Function(_) => None,
            Self::Rpc(error) => error.retry_after(),
        }
    }
}

impl<E: FunctionError> CallError<E> {
    /// The number that the failure travelled with, where it came from the other side; see
    /// [`code`](crate::protocol::code).
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Function(error) => Some(error.to_fault().code()),
            Self::Rpc(error) => error.code(),
        }
    }
}

impl<E: StdError + Send + Sync + 'static> CallError<E> {
    /// The error itself, which can be downcast: the function's own, or an [`Error`].
    ///
    /// ```
    /// use rpc_core::{CallError, Fault};
    ///
    /// let error = CallError::Function(Fault::new(402, "pay first")).into_boxed();
    /// assert_eq!(error.downcast_ref::<Fault>().map(Fault::code), Some(402));
    /// ```
    pub fn into_boxed(self) -> Box<dyn StdError + Send + Sync> {
        match self {
            Self::Function(error) => error.into(),
            Self::Rpc(error) => error.into(),
        }
    }
}

impl<E: FunctionError> From<CallError<E>> for Error {
    /// Keeps a function's own error as the fault it travelled as.
    fn from(error: CallError<E>) -> Self {
        match error {
            CallError::Function(error) => Self::Fault(error.to_fault()),
            CallError::Rpc(error) => error,
        }
    }
}
