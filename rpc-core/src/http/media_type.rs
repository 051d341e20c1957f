//! What a body is said to be, and what a reply to it is called.

use hyper::StatusCode;

use crate::dialect::Dialect;
#[cfg(feature = "xmlrpc")]
use crate::dialect::xml_rpc::Encoding;
use crate::json_rpc::Session;

use super::known::{Known, Single};
use super::refusal::Refusal;

/// What a message is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    Json,
    /// XML, and the encoding that the type says it is in.
    #[cfg(feature = "xmlrpc")]
    Xml(Option<Encoding>),
}

#[cfg(not(feature = "xmlrpc"))]
const TAKEN: &str = "application/json, application/json-rpc and application/jsonrequest";
#[cfg(feature = "xmlrpc")]
const TAKEN: &str =
    "application/json, application/json-rpc, application/jsonrequest, text/xml and application/xml";

impl MediaType {
    /// Reads what a request says of its body. Pages can send other types, or none, without being
    /// asked whether they may (CORS protocol, "simple" requests), so these are taken from nobody.
    pub(super) fn of(known: &Known<'_>) -> Result<Self, Refusal> {
        let refused = |sentence| Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence);
        let given = match known.content_type {
            Single::One(given) => given,
            Single::Missing if known.origin.first().is_some() => {
                return Err(refused(format!(
                    "a page's request needs a Content-Type; {TAKEN} are taken"
                )));
            }
            Single::Missing => return Ok(Self::Json),
            Single::Several(_) => {
                return Err(refused("the request has more than one Content-Type".into()));
            }
        };
        if given == "application/json" {
            return Ok(Self::Json);
        }
        let given = given.to_str().unwrap_or_default();
        let mut parts = given.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut media_type = match essence.as_str() {
            "application/json" | "application/json-rpc" | "application/jsonrequest" => Self::Json,
            #[cfg(feature = "xmlrpc")]
            "text/xml" | "application/xml" => Self::Xml(None),
            _ => return Err(refused(format!("{given:?} is not taken here; {TAKEN} are"))),
        };
        for parameter in parts {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !name.eq_ignore_ascii_case("charset") {
                continue;
            }
            let charset = value.trim_matches('"');
            match &mut media_type {
                Self::Json if matches!(&*charset.to_ascii_lowercase(), "utf-8" | "utf8") => {}
                Self::Json => {
                    return Err(refused(format!("JSON is UTF-8 here, not {charset:?}")));
                }
                #[cfg(feature = "xmlrpc")]
                Self::Xml(encoding) => *encoding = Some(Encoding::named(charset)),
            }
        }
        Ok(media_type)
    }

    /// Says to a session in what its message is written.
    pub(super) fn begin(self, session: &mut Session) {
        match self {
            Self::Json => session.speak(Dialect::JsonRpc),
            #[cfg(feature = "xmlrpc")]
            Self::Xml(charset) => session.speak_xml(charset),
        }
    }

    /// What replies are called.
    pub(super) fn of_reply(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            #[cfg(feature = "xmlrpc")]
            Self::Xml(_) => "text/xml",
        }
    }
}
