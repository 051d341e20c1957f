//! Why a connection can carry no more calls.

use std::io;

use crate::error::{Error, IoError, IoErrorKind};
use crate::protocol::{Fault, ProtocolError};

/// What ended a connection. Every call in flight fails with it, once.
#[derive(Debug, Clone)]
pub(super) enum Lost {
    /// The peer closed it, or the operating system did.
    Io(io::ErrorKind, String),
    /// What came over it breaks the protocol.
    Protocol(ProtocolError),
    /// The other side refused the whole connection.
    Fault(Fault),
}

impl Lost {
    pub(super) fn closed() -> Self {
        Self::Io(io::ErrorKind::UnexpectedEof, "the other side closed it".to_owned())
    }

    pub(super) fn io(error: &io::Error) -> Self {
        Self::Io(error.kind(), error.to_string())
    }

    /// The error of a call that was in flight.
    pub(super) fn to_error(&self, doing: &str, may_have_run: bool) -> Error {
        match self {
            Self::Io(kind, message) => IoError::new(IoErrorKind::Lost, doing)
                .because(io::Error::new(*kind, message.clone()))
                .may_have_run(may_have_run)
                .into(),
            Self::Protocol(error) => error.clone().into(),
            Self::Fault(fault) => fault.clone().into(),
        }
    }
}
