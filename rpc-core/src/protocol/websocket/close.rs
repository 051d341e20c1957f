//! Closing (RFC 6455, sections 5.5.1 and 7): codes and reasons.

use std::borrow::Cow;
use std::fmt;

use super::super::ProtocolError;

/// The codes that are said here (section 7.4.1).
pub(crate) mod code {
    /// The conversation has reached its end.
    pub(crate) const NORMAL: u16 = 1000;
    /// The server stops, or takes nothing more.
    pub(crate) const GOING_AWAY: u16 = 1001;
    /// A frame breaks the protocol.
    pub(crate) const PROTOCOL: u16 = 1002;
    /// A message is not text.
    pub(crate) const NOT_TEXT: u16 = 1003;
    /// A text is not UTF-8.
    pub(crate) const NOT_UTF8: u16 = 1007;
    /// A message is no JSON, or was not finished in time, or there is no room for the connection.
    pub(crate) const POLICY: u16 = 1008;
    /// A message is over a limit.
    pub(crate) const TOO_LARGE: u16 = 1009;
}

/// What a close frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Close {
    /// Why; it may be left out.
    pub(crate) code: Option<u16>,
    /// Why, for people.
    pub(crate) reason: Cow<'static, str>,
}

/// The reason of a server that closes after it has answered all that it has read: whatever else was
/// asked has not run. Other servers promise no such thing, so it is this text that says it.
const ALL_ANSWERED: &str = "calls without a reply have not run";

impl Close {
    /// Closes with a code alone.
    pub(crate) fn with(code: impl Into<Option<u16>>) -> Self {
        Self { code: code.into(), reason: Cow::Borrowed("") }
    }

    /// Closes after the replies of all calls that have run.
    pub(crate) fn after_all_replies(code: u16) -> Self {
        Self { code: Some(code), reason: Cow::Borrowed(ALL_ANSWERED) }
    }

    /// Closes after an error.
    pub(crate) fn after_error(error: &ProtocolError) -> Self {
        Self::with(match error {
            ProtocolError::TooLarge { .. } => code::TOO_LARGE,
            ProtocolError::BinaryMessage => code::NOT_TEXT,
            ProtocolError::Utf8 { .. } => code::NOT_UTF8,
            ProtocolError::Frame(_) | ProtocolError::Truncated => code::PROTOCOL,
            _ => code::POLICY,
        })
    }

    /// Closes after a message that was the last one.
    pub(crate) fn after_message(message: &[u8]) -> Self {
        Self::with(if str::from_utf8(message).is_ok() { code::POLICY } else { code::NOT_UTF8 })
    }

    /// Whether calls that were not answered have certainly not run.
    pub(crate) fn is_after_all_replies(&self) -> bool {
        self.reason == ALL_ANSWERED
    }

    /// Reads the payload of a close frame.
    pub(super) fn read(payload: &[u8]) -> Result<Self, ProtocolError> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            return match payload {
                [] => Ok(Self { code: None, reason: Cow::Borrowed("") }),
                _ => Err(ProtocolError::Frame("a close code has two bytes")),
            };
        };
        let code = u16::from_be_bytes(*code);
        if !may_be_sent(code) {
            return Err(ProtocolError::Frame("a close code is one that is not sent"));
        }
        let reason = str::from_utf8(reason)
            .map_err(|error| ProtocolError::Utf8 { at: error.valid_up_to() })?;
        Ok(Self { code: Some(code), reason: Cow::Owned(reason.to_owned()) })
    }

    /// Appends the payload of a close frame.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if let Some(code) = self.code {
            out.extend_from_slice(&code.to_be_bytes());
            out.extend_from_slice(self.reason.as_bytes());
        }
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other side closed the WebSocket")?;
        if let Some(code) = self.code {
            write!(f, " with code {code}")?;
        }
        if !self.reason.is_empty() {
            write!(f, ": {}", self.reason)?;
        }
        Ok(())
    }
}

/// Whether a close frame may carry the code: those of the RFC but for the ones that only stand for
/// what was not sent, three that IANA has registered since, and those of libraries and applications.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
