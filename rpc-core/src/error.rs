//! What can go wrong, by blame.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::layer_error::LayerError;
use crate::protocol::{ArgumentError, Fault, ProtocolError, code};

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
    /// answered may have. A fault of the codes that refuse a call before running it says it did not.
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::Io(error) => error.may_have_run,
            Self::Protocol(_) => true,
            Self::Fault(fault) => !matches!(
                fault.code(),
                code::PARSE_ERROR
                    | code::INVALID_REQUEST
                    | code::METHOD_NOT_FOUND
                    | code::INVALID_PARAMS
                    | code::OVERLOADED
                    | code::SHUTTING_DOWN
                    | code::UNAUTHORISED
            ),
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
            Self::Io(error) => matches!(error.kind, IoErrorKind::TimedOut(_)),
            Self::Fault(fault) => fault.code() == code::TIMED_OUT,
            _ => false,
        }
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

/// The connection or the operating system failed.
#[derive(Debug, Clone)]
pub struct IoError {
    doing: String,
    kind: IoErrorKind,
    may_have_run: bool,
    source: Option<Arc<io::Error>>,
}

/// What failed about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IoErrorKind {
    /// No connection could be made.
    Connect,
    /// The connection ended or broke.
    Lost,
    /// No reply came within this time.
    TimedOut(Duration),
    /// The server could not listen.
    Listen,
}

impl IoError {
    pub(crate) fn new(kind: IoErrorKind, doing: impl Into<String>) -> Self {
        Self { doing: doing.into(), kind, may_have_run: false, source: None }
    }

    pub(crate) fn may_have_run(mut self, may_have_run: bool) -> Self {
        self.may_have_run = may_have_run;
        self
    }

    pub(crate) fn because(mut self, source: impl Into<Option<io::Error>>) -> Self {
        self.source = source.into().map(Arc::new);
        self
    }

    /// What failed.
    pub fn kind(&self) -> IoErrorKind {
        self.kind
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.doing)?;
        match self.kind {
            IoErrorKind::Connect => f.write_str("cannot connect")?,
            IoErrorKind::Lost => f.write_str("the connection was lost")?,
            IoErrorKind::TimedOut(limit) => write!(f, "no reply within {limit:?}")?,
            IoErrorKind::Listen => f.write_str("cannot listen")?,
        }
        if let Some(source) = &self.source {
            write!(f, " ({source})")?;
        }
        match (self.kind, self.may_have_run) {
            (IoErrorKind::Lost | IoErrorKind::TimedOut(_), true) => {
                f.write_str("; the call may have run")
            }
            (IoErrorKind::Lost | IoErrorKind::TimedOut(_), false) => {
                f.write_str("; the call has not run")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for IoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// Something asked for on this side that cannot be.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// An argument has no form that can be sent.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// Two functions have one name.
    #[error(
        "two functions are called `{name}`; give one of them another: #[rpc_export(name = \"…\")]"
    )]
    RegisteredTwice {
        /// The name.
        name: String,
    },
    /// A function asks for shared state that the server was not given.
    #[error(
        "`{function}` needs a shared `{ty}`; give the server one with `.share(…)` before it starts"
    )]
    StateMissing {
        /// The function.
        function: String,
        /// The type of the state.
        ty: String,
    },
    /// A call is larger than a message may be.
    #[error(
        "the call of `{method}` takes {size} bytes, over the limit of {limit}; send less, or raise `Limits::max_message_bytes` on both sides"
    )]
    CallTooLarge {
        /// The function.
        method: String,
        /// Bytes of the call.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// As many calls are in flight as may be.
    #[error(
        "{limit} calls are in flight on this connection, as many as may be; wait for some, or raise `Limits::max_calls_in_flight`"
    )]
    TooManyInFlight {
        /// The limit in calls.
        limit: usize,
    },
    /// A server's timeout is zero, in which nobody can do anything.
    #[error(
        "`{setting}` is zero, which would close every connection at once; give it some time, or `Duration::MAX` to wait for ever"
    )]
    NoTime {
        /// The setting.
        setting: &'static str,
    },
    /// State was to be shared with functions, and there are none at the end of the stack.
    #[error(
        "`{ty}` is shared with nobody: no `FunctionRegistry` is found at the end of the stack; have each layer's `inner` say what it is around"
    )]
    NobodyToShareWith {
        /// The type of the state.
        ty: &'static str,
    },
    /// A process with several threads cannot be copied: the copy would lack all but one of them, and
    /// what the others were at would stay half done in it.
    #[error(
        "a server model that forks needs a process with one thread, and this one has {threads}; start the server before anything makes a thread"
    )]
    ForkWithThreads {
        /// How many threads there are.
        threads: usize,
    },
    /// A server model that forks was to run on another thread.
    #[error(
        "the server model `{model}` forks, which needs a process with one thread, and `start` makes another; use `serve_with`"
    )]
    ForkOnThread {
        /// The model's name.
        model: &'static str,
    },
}

/// Why a call of a function that has errors of its own failed: with that error, or otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError<E> {
    /// The function ran and returned this error.
    #[error("{0}")]
    Function(E),
    /// The call failed otherwise.
    #[error(transparent)]
    Rpc(#[from] Error),
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

/// A function's own error: one that can be shown, sent and taken apart again.
///
/// Every type that is `Display`, `Serialize` and `DeserializeOwned` is one, as a `thiserror` enum
/// that derives serde's traits; and so is [`Fault`], for functions that choose code and data
/// themselves. On the wire it is a fault with code [`code::APPLICATION`], its `Display` as message
/// and itself as data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel as a function's error",
    label = "must be `Display`, `Serialize` and `Deserialize`",
    note = "derive serde's traits on it, or return `Result<_, rpc_core::Fault>`"
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
        let error = fault.data().and_then(|data| serde_json::from_str(data).ok());
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
