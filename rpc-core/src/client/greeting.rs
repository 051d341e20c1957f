//! The call that says who makes those after it, where messages have no headers.

use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::protocol::{ArgumentError, Fault, code};

use super::ClientBuilder;
use super::by_name::{ByName, List, Nil};
use super::credentials::Credential;

/// The function that is called.
pub(super) const METHOD: &str = "rpc.authenticate";

/// Appends the call but for its end.
pub(super) fn write(
    settings: &ClientBuilder,
    credential: &Credential,
    out: &mut Vec<u8>,
) -> Result<(), ArgumentError> {
    let arguments = ByName { args: List(credential.value.expose(), Nil), kwargs: Nil };
    settings.begin_call(out, METHOD, &arguments, &[])
}

/// What calls that wait for the greeting end in where it failed with `error`: none of them has run.
#[cold]
pub(super) fn failed(error: Error, doing: impl FnOnce() -> String) -> Error {
    match error {
        Error::Io(error) => error.may_have_run(false).into(),
        Error::Protocol(error) => {
            let error = std::io::Error::other(error);
            IoError::new(IoErrorKind::Connect, doing()).because(error).into()
        }
        Error::Fault(fault) if fault.code() == code::METHOD_NOT_FOUND => {
            let problem = format!(
                "{}: the server has no such function, so it knows no callers over a stream; connect by \
                 http:// or ws:// if it speaks that, or without credentials",
                doing()
            );
            Misuse::Credential { problem: problem.into() }.into()
        }
        Error::Fault(fault) if !code::is_refusal(fault.code()) => {
            let problem = format!("the server did not find out who calls: {}", fault.message());
            Fault::new(code::UNAUTHENTICATED, problem).into()
        }
        other => other,
    }
}
