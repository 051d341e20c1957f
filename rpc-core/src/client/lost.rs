//! Why a connection can carry no more calls.

use std::io;

use crate::error::{Error, IoError, IoErrorKind};
use crate::protocol::websocket::{self, Close};
use crate::protocol::{Fault, Inbound, ProtocolError};

/// What ended a connection. Every call in flight fails with it, once.
#[derive(Debug, Clone)]
pub(super) enum Lost {
    /// The peer closed it, or the operating system did.
    Io(io::ErrorKind, String),
    /// The other side did not take this one as its peer, and has listened to nothing.
    #[cfg_attr(not(feature = "tls"), allow(dead_code))] // Only TLS has such words.
    Unheard(String),
    /// The other side said that it closes it.
    Closed(Close),
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
        #[cfg(feature = "tls")]
        if let Some(lost) = Self::tls(error) {
            return lost;
        }
        Self::Io(error.kind(), error.to_string())
    }

    /// The same where it is an error of TLS.
    #[cfg(feature = "tls")]
    #[cold]
    fn tls(error: &io::Error) -> Option<Self> {
        let words = crate::transport::tls_words(error)?;
        let is_refusal = crate::transport::is_tls_refusal(error);
        Some(if is_refusal { Self::Unheard(words) } else { Self::Io(error.kind(), words) })
    }

    /// The same of a read, where what has come before may show that the peer speaks something else.
    pub(super) fn reading(error: &io::Error, inbound: &Inbound) -> Self {
        inbound.stranger().map_or_else(|| Self::io(error), Self::Protocol)
    }

    /// Whether calls that were sent and not answered may have run.
    pub(super) fn leaves_doubt(&self) -> bool {
        match self {
            Self::Closed(close) => !close.is_after_all_replies(),
            Self::Unheard(_) => false,
            _ => true,
        }
    }

    /// What is said to the other side before the connection is given up.
    pub(super) fn answer(&self) -> Option<Close> {
        match self {
            Self::Io(..) | Self::Unheard(_) => None,
            Self::Closed(close) => Some(Close::with(close.code)),
            Self::Protocol(error) => Some(Close::after_error(error)),
            Self::Fault(_) => Some(Close::with(websocket::code::NORMAL)),
        }
    }

    /// The error of a call that was in flight.
    pub(super) fn to_error(&self, doing: &str, may_have_run: bool) -> Error {
        match self {
            Self::Io(kind, message) => IoError::new(IoErrorKind::Lost, doing)
                .because(io::Error::new(*kind, message.clone()))
                .may_have_run(may_have_run)
                .into(),
            Self::Unheard(why) => IoError::new(IoErrorKind::Connect, doing)
                .because(io::Error::new(io::ErrorKind::ConnectionRefused, why.clone()))
                .into(),
            Self::Closed(close) => IoError::new(IoErrorKind::Lost, doing)
                .because(io::Error::new(io::ErrorKind::ConnectionAborted, close.to_string()))
                .may_have_run(may_have_run)
                .into(),
            Self::Protocol(error) => error.clone().during(doing).into(),
            Self::Fault(fault) => fault.clone().into(),
        }
    }
}
