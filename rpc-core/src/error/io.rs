//! The connection or the operating system failed.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The connection or the operating system failed.
#[derive(Debug, Clone)]
pub struct IoError {
    doing: String,
    kind: IoErrorKind,
    pub(super) may_have_run: bool,
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
