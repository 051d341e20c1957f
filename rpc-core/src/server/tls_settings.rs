//! What a server was told of TLS.

use crate::error::Misuse;
use crate::tls::Tls;
use crate::transport::tls::Accepting;

/// What a server was told of TLS, and what has kept it from being set up.
#[derive(Debug, Clone, Default)]
pub(super) struct TlsSettings {
    pub(super) tls: Option<Tls>,
    pub(super) accepting: Option<Accepting>,
    problem: Option<Misuse>,
}

impl TlsSettings {
    pub(super) fn new(tls: Tls) -> Self {
        let (accepting, problem) = match tls.accepting() {
            Ok(accepting) => (Some(accepting), None),
            Err(problem) => (None, Some(problem)),
        };
        Self { tls: Some(tls), accepting, problem }
    }

    pub(super) fn check(&self) -> Result<(), Misuse> {
        self.problem.clone().map_or(Ok(()), Err)
    }
}
