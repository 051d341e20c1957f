//! What is remembered from message to message.

#[cfg(any(feature = "http", feature = "mcp"))]
use std::sync::Arc;

use crate::dialect::Dialect;
#[cfg(feature = "xmlrpc")]
use crate::dialect::xml_rpc::Encoding;
use crate::protocol::{Credit, Fault, Limits, Protocol};
#[cfg(any(feature = "http", feature = "mcp"))]
use crate::registry::Caller;
use crate::registry::ResponseForm;
use crate::registry::{CallContext, Inlet};

use super::identify::{Found, Who};

/// What is remembered from message to message of one connection.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// What functions are told of their caller.
    pub context: CallContext,
    /// What the connection is held to.
    pub limits: Limits,
    /// The dialect of the last call, once there has been one.
    dialect: Option<Dialect>,
    /// Whether the peer gives its calls ids, and so tells its replies from what it did not ask for.
    has_ids: bool,
    /// What the content type says of the encoding of messages that are XML.
    #[cfg(feature = "xmlrpc")]
    pub(super) charset: Option<Encoding>,
    /// Whether all messages are those of MCP, in lines.
    #[cfg(feature = "mcp")]
    mcp: bool,
    /// Who calls, where it was asked for this message before.
    pub(super) found: Option<Box<Found>>,
    /// By what means who calls was asked, once that has been done.
    pub(super) identified: Option<Identified>,
    /// Whether the next call is one of several in a message.
    pub(super) is_part: bool,
}

/// By what means who calls was asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identified {
    /// Whether it may be said by a name and a password.
    takes_basic: bool,
}

impl Session {
    /// Starts a session.
    pub fn new(context: CallContext, limits: Limits) -> Self {
        Self { context, limits, ..Self::default() }
    }

    /// The same session with a peer whose messages are in XML-RPC, for a program that has HTTP of its
    /// own; `charset` is what the content type says of their encoding.
    ///
    /// ```
    /// use rpc_core::layer::{Answer, Session};
    /// use rpc_core::{FunctionRegistry, JsonRpc};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("add", |a: i64, b: i64| a + b)?;
    ///
    /// let message = "<methodCall><methodName>add</methodName><params>\
    ///     <param><value><int>1</int></value></param>\
    ///     <param><value><int>2</int></value></param></params></methodCall>";
    /// let mut session = Session::default().in_xml_rpc(Some("utf-8"));
    /// let mut reply = Vec::new();
    /// let _ = JsonRpc::new(registry).answer(message.as_bytes(), &mut session, &mut reply);
    /// assert!(String::from_utf8_lossy(&reply).contains("<value><int>3</int></value>"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    #[cfg(feature = "xmlrpc")]
    #[must_use]
    pub fn in_xml_rpc(mut self, charset: Option<&str>) -> Self {
        self.speak_xml(charset.map(Encoding::named));
        self
    }

    /// The same session with a peer whose messages are all those of MCP, one a line.
    ///
    /// ```
    /// use rpc_core::layer::{Answer, Session};
    /// use rpc_core::server::Tools;
    /// use rpc_core::{FunctionRegistry, JsonRpc};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("now", || "noon")?;
    ///
    /// let message = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"now"}}"#;
    /// let mut reply = Vec::new();
    /// let mut session = Session::default().in_mcp();
    /// let _ = JsonRpc::new(registry).mcp(Tools::all()).answer(message, &mut session, &mut reply);
    /// assert!(String::from_utf8_lossy(&reply).contains(r#"{"type":"text","text":"noon"}"#));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn in_mcp(mut self) -> Self {
        self.mcp = true;
        self
    }

    /// Where the messages are those of MCP, how they come.
    #[cfg(feature = "mcp")]
    pub(super) fn by_mcp(&self) -> Option<ByMcp> {
        if self.mcp {
            return Some(ByMcp::Lines);
        }
        #[cfg(feature = "http")]
        {
            let path = self.context.caller()?.request()?.uri.path();
            if path.trim_end_matches('/').ends_with("/mcp") {
                return Some(ByMcp::Http);
            }
        }
        None
    }

    /// Says in which dialect faults are said that belong to no call, until a call shows another.
    pub(crate) fn speak(&mut self, dialect: Dialect) {
        self.dialect = Some(dialect);
    }

    /// The same session for a request that somebody else waits for.
    #[cfg(any(feature = "http", feature = "mcp"))]
    pub(crate) fn called_by(&self, caller: Arc<dyn Caller>) -> Self {
        Self { context: self.context.called_by(caller), found: None, ..*self }
    }

    /// Says that the next message is in XML-RPC, and what its content type says of its encoding.
    #[cfg(feature = "xmlrpc")]
    pub(crate) fn speak_xml(&mut self, charset: Option<Encoding>) {
        self.speak(Dialect::XmlRpc);
        self.charset = charset;
    }

    /// The session as a call finds it whose message says something besides it.
    #[cold]
    pub(super) fn saying(&self, metadata: &str) -> Self {
        Self { context: self.context.saying(metadata), ..self.clone() }
    }

    /// The session as a call finds it whose message says more than the call.
    #[cold]
    pub(super) fn with(
        &self,
        metadata: Option<&str>,
        stream: Option<Credit>,
        uploads: bool,
    ) -> Self {
        let mut session = metadata.map_or_else(|| self.clone(), |metadata| self.saying(metadata));
        if let Some(credit) = stream {
            session.context = session.context.with(credit);
        }
        if uploads {
            session.context = session.context.with(Inlet::default());
        }
        session
    }

    /// The session as a call finds it that stands in another, whose result may take fewer levels of
    /// nesting.
    pub(super) fn within(&self, outer: u8) -> Self {
        Self { context: self.context.within(outer), is_part: true, ..self.clone() }
    }

    /// The session as a call finds it of whoever makes it.
    pub(super) fn of(&self, who: &Who, takes_basic: bool) -> Self {
        let context = match who {
            Who::Somebody(known) => self.context.of(known),
            Who::Nobody | Who::Refused(_) => self.context.clone(),
        };
        Self { context, identified: Some(Identified { takes_basic }), ..self.clone() }
    }

    /// Says by HTTP that a message has failed because it is not known who has sent it.
    #[cold]
    pub(super) fn answer_unauthenticated(&self) {
        if !self.is_part
            && let Some(caller) = self.context.caller()
        {
            let basic = self.identified.is_some_and(|identified| identified.takes_basic);
            caller.answer_as(ResponseForm::Unauthenticated { basic });
        }
    }

    /// Takes note of how the peer speaks.
    pub(super) fn note_caller(&mut self, dialect: Dialect, has_id: bool) {
        self.dialect = Some(dialect);
        self.has_ids = has_id;
    }

    /// The fault of a call in a dialect that is disabled on this server.
    #[inline]
    pub(super) fn disabled(&self, dialect: Dialect) -> Option<Fault> {
        let protocol = dialect.protocol();
        if self.limits.protocols.is_enabled(protocol) { None } else { Some(refuse(protocol)) }
    }

    /// The dialect of a fault that belongs to no call.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect.unwrap_or_default()
    }

    /// The dialect of a fault about a text that is not JSON, or not all of it.
    pub(super) fn dialect_of_broken(&self, text: &[u8]) -> Dialect {
        self.dialect.unwrap_or_else(|| Dialect::meant_by(text))
    }

    /// Whether the peer understands messages that answer none of its calls.
    pub(crate) fn can_be_told(&self) -> bool {
        self.has_ids && self.dialect.is_some_and(Dialect::has_notices)
    }
}

/// How messages of MCP come.
#[cfg(feature = "mcp")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByMcp {
    /// One a line.
    Lines,
    /// One a request.
    #[cfg(feature = "http")]
    Http,
}

#[cold]
#[inline(never)]
fn refuse(protocol: Protocol) -> Fault {
    Fault::invalid_request(format!(
        "{protocol} is disabled on this server; speak another dialect, or have it enabled"
    ))
}
