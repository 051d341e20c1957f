//! The error of a layer that stands between a caller and its connection.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Why a layer ended a call: a limit was reached, a circuit is open, no time is left.
///
/// ```
/// use rpc_core::error::LayerError;
/// use rpc_core::Error;
///
/// let error = Error::from(LayerError::new("the circuit is open"));
/// assert_eq!(error.to_string(), "the circuit is open");
/// assert!(!error.may_have_run());
/// ```
#[derive(Debug, Clone)]
pub struct LayerError {
    problem: String,
    pub(crate) may_have_run: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl LayerError {
    /// Says what the problem is. The call has not run.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), may_have_run: false, source: None }
    }

    /// Sets whether the call may have run on the other side.
    #[must_use]
    pub fn may_have_run(mut self, may_have_run: bool) -> Self {
        self.may_have_run = may_have_run;
        self
    }

    /// Sets the error behind this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into().into());
        self
    }
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl StdError for LayerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
