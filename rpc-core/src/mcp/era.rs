//! The two eras of the protocol: requests that say everything themselves, and those behind a handshake.

use std::borrow::Cow;

use serde::Serialize;

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Fault, Limits, base64};
use crate::registry::CallContext;

use super::message::{Asked, TOOLS_CALL, text_of};

/// What a request is answered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// Each request says its revision (2026-07-28).
    Modern,
    /// `initialize` has agreed on one (2025-03-26 to 2025-11-25).
    Legacy,
}

/// The revision of the modern era.
const MODERN: &str = "2026-07-28";
/// Those of the other, the newest first.
const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Headers that do not say what the message says.
const HEADER_MISMATCH: i64 = -32020;
/// A revision that is not spoken.
const UNSUPPORTED_VERSION: i64 = -32022;

/// A request that is not looked into further, and the HTTP status that says so.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) fault: Fault,
}

impl Refused {
    fn bad(fault: Fault) -> Self {
        Self { status: 400, fault }
    }

    fn mismatch(sentence: String) -> Self {
        Self::bad(Fault::new(HEADER_MISMATCH, sentence))
    }

    fn version(requested: &str) -> Self {
        #[derive(Serialize)]
        struct Versions<'v> {
            supported: [&'v str; 1],
            requested: &'v str,
        }
        let sentence = format!(
            "revision {requested:?} of MCP is not spoken here; {MODERN} is, and by `initialize` {}",
            LEGACY.join(", ")
        );
        let fault = Fault::new(UNSUPPORTED_VERSION, sentence);
        Self::bad(fault.with_data(&Versions { supported: [MODERN], requested }))
    }
}

/// The revision that both ends speak after `initialize`.
pub(crate) fn negotiate(requested: &str) -> &'static str {
    LEGACY.into_iter().find(|known| *known == requested).unwrap_or(LEGACY[0])
}

impl Era {
    /// The revision of the modern era.
    pub(crate) const MODERN: &str = MODERN;

    /// Finds out of which era a request is. Over HTTP it says by headers too what it asks for, and `http` is where
    /// they are found.
    pub(crate) fn of(asked: &Asked<'_>, http: Option<&CallContext>) -> Result<Self, Refused> {
        let version = match asked.meta(VERSION) {
            None => None,
            Some(json) => Some(text_of(json).ok_or_else(|| missing(VERSION, "a string"))?),
        };
        let Some(context) = http else {
            return match version {
                None => Ok(Self::Legacy),
                Some(version) => modern(asked, &version),
            };
        };
        match (context.header("mcp-protocol-version"), version) {
            (None, None) => Ok(Self::Legacy),
            (Some(header), None) if LEGACY.contains(&header) => Ok(Self::Legacy),
            (Some(MODERN), None) => Err(missing(VERSION, "a string")),
            (Some(header), None) => Err(Refused::version(header)),
            (header, Some(version)) if header == Some(&*version) => {
                modern(asked, &version)?;
                check_headers(asked, context)?;
                Ok(Self::Modern)
            }
            (header, Some(version)) => {
                Err(differs("MCP-Protocol-Version", header, "`_meta`", &version))
            }
        }
    }
}

/// Checks what a request of the modern era says of itself.
fn modern(asked: &Asked<'_>, version: &str) -> Result<Era, Refused> {
    if version != MODERN {
        return Err(Refused::version(version));
    }
    let is_object = asked.meta(CAPABILITIES).is_some_and(|json| {
        matches!(Reader::new(json, Limits::MAX_DEPTH).kind(), Ok(Kind::Object))
    });
    if is_object { Ok(Era::Modern) } else { Err(missing(CAPABILITIES, "an object")) }
}

fn missing(member: &str, kind: &str) -> Refused {
    let sentence = format!("the request's `_meta` must have `{member}`, {kind}");
    Refused::bad(Fault::invalid_params(sentence))
}

/// Checks that the headers, by which others choose where a request goes, say what the message says.
fn check_headers(asked: &Asked<'_>, context: &CallContext) -> Result<(), Refused> {
    let header = context.header("mcp-method");
    if header != Some(asked.method()) {
        return Err(differs("Mcp-Method", header, "`method`", asked.method()));
    }
    if asked.method() != TOOLS_CALL {
        return Ok(());
    }
    let Ok(Some(name)) = asked.text("name") else {
        return Ok(());
    };
    let header = context.header("mcp-name").map(decoded);
    if header.as_deref() == Some(&*name) {
        return Ok(());
    }
    Err(differs("Mcp-Name", header.as_deref(), "`params.name`", &name))
}

fn differs(name: &str, header: Option<&str>, place: &str, value: &str) -> Refused {
    Refused::mismatch(match header {
        None => format!("the header `{name}` is missing; it must say what {place} says, {value:?}"),
        Some(header) => format!("the header `{name}` says {header:?}, and {place} says {value:?}"),
    })
}

/// A header's value, which may be in base64.
fn decoded(value: &str) -> Cow<'_, str> {
    let coded = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let bytes = coded.and_then(base64::decode);
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(value),
    }
}
