//! What is known about the call besides its arguments.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::sync::OnceLock;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::protocol::json::{Form, Place};

use super::caller::Saying;
#[cfg(feature = "tls")]
use super::certificate::PeerCertificate;
use super::metadata::Metadata;
use super::{Caller, ConnectionValues, Identity, PeerCredentials};

/// Who calls, by what way, and for how long they will wait. Made by the server, never sent.
///
/// A function is told it through a parameter of type `&CallContext`, which is not part of its
/// signature:
///
/// ```
/// use rpc_core::{CallContext, FunctionRegistry, rpc_export};
///
/// #[rpc_export]
/// fn who_am_i(context: &CallContext) -> String {
///     match context.get::<String>() {
///         Some(name) => name.clone(),
///         None => "nobody".to_owned(),
///     }
/// }
///
/// let registry = FunctionRegistry::exported();
/// assert_eq!(registry.who_am_i().call()?, "nobody");
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct CallContext {
    peer: Option<SocketAddr>,
    model: &'static str,
    protocol: &'static str,
    deadline: Option<Instant>,
    must_not_block: bool,
    /// Whether a proxy has connected that is believed.
    is_proxied: bool,
    /// The levels of nesting that a result may not take ([`Place`]).
    outer: u8,
    caller: Option<Arc<dyn Caller>>,
    /// Held for as long as somebody waits for this very call.
    interest: Option<Weak<()>>,
    values: Option<Arc<Value>>,
}

/// A value a layer has put there, before those of the layers outside it.
struct Value {
    value: Box<dyn Any + Send + Sync>,
    outer: Option<Arc<Value>>,
}

/// Somebody who is known, as calls of theirs find them in their context.
#[derive(Clone)]
pub(crate) struct Known {
    identity: Identity,
    value: Arc<Value>,
}

impl Known {
    pub(crate) fn new(identity: Identity) -> Self {
        let value = Arc::new(Value { value: Box::new(identity.clone()), outer: None });
        Self { identity, value }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl CallContext {
    /// The context of calls that come over a connection.
    pub(crate) fn of_connection(
        peer: Option<SocketAddr>,
        model: &'static str,
        caller: Option<Arc<dyn Caller>>,
    ) -> Self {
        let connection = caller.as_ref().and_then(|caller| caller.connection());
        let is_proxied = connection.is_some_and(|connection| connection.proxies.is_some());
        Self { peer, model, is_proxied, caller, ..Self::default() }
    }

    /// The same connection's context, for a request that somebody else waits for.
    #[cfg(any(feature = "http", feature = "mcp"))]
    pub(crate) fn called_by(&self, caller: Arc<dyn Caller>) -> Self {
        let (interest, values) = (self.interest.clone(), self.values.clone());
        Self { caller: Some(caller), interest, values, ..*self }
    }

    /// The same, for a call of somebody who is known.
    pub(crate) fn of(&self, known: &Known) -> Self {
        match self.values {
            None => Self { values: Some(Arc::clone(&known.value)), ..self.clone() },
            Some(_) => self.with(known.identity.clone()),
        }
    }

    /// Who waits for the reply.
    pub(crate) fn caller(&self) -> Option<&Arc<dyn Caller>> {
        self.caller.as_ref()
    }

    /// Tells those who operate the server that a message on this connection cannot be read.
    #[cold]
    pub(crate) fn unreadable(&self, problem: &dyn fmt::Display) {
        if let Some(connection) = self.caller.as_ref().and_then(|caller| caller.connection()) {
            connection.trace.unreadable(self.whence(), problem);
        }
    }

    /// Tells them that replies on this connection were not taken within their time.
    #[cold]
    pub(crate) fn unread(&self, limit: Duration) {
        if let Some(connection) = self.caller.as_ref().and_then(|caller| caller.connection()) {
            connection.trace.unread(self.whence(), limit);
        }
    }

    /// The same for a call whose message says something besides its arguments: the text of an object of
    /// strings.
    pub(crate) fn saying(&self, metadata: &str) -> Self {
        let saying = Saying { metadata: Metadata::of(metadata), caller: self.caller.clone() };
        Self { caller: Some(Arc::new(saying)), ..self.clone() }
    }

    /// Takes note of what is known of the next call, and of the levels of nesting that its result may
    /// not take.
    pub(crate) fn begin(&mut self, protocol: &'static str, timeout: Option<Duration>, outer: u8) {
        self.outer = outer;
        self.protocol = protocol;
        self.deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    }

    /// The same for a thread that may be blocked, as long as somebody waits for the call and so holds
    /// the `interest`.
    pub(super) fn that_may_block(&self, interest: &Arc<()>) -> Self {
        Self { must_not_block: false, interest: Some(Arc::downgrade(interest)), ..self.clone() }
    }

    /// The same for a call that somebody waits for as long as they hold the `interest`.
    pub(super) fn awaited_by(&self, interest: &Arc<()>) -> Self {
        Self { interest: Some(Arc::downgrade(interest)), ..self.clone() }
    }

    /// Says whether functions may block this thread; as things begin, they may.
    #[cfg(feature = "tokio")]
    pub(crate) fn may_block(&mut self, may: bool) {
        self.must_not_block = !may;
    }

    pub(crate) fn must_not_block(&self) -> bool {
        self.must_not_block
    }

    /// Whether a proxy has connected that is believed.
    pub(super) fn is_proxied(&self) -> bool {
        self.is_proxied
    }

    /// Takes note of from where the connection came to that proxy.
    pub(crate) fn came_from(&self, source: SocketAddr) {
        if let Some(connection) = self.caller.as_ref().and_then(|caller| caller.connection()) {
            let _ = connection.source.set(Box::new(source));
        }
    }

    /// The address at the other end of the connection, a proxy's if one is there; `None` within one process.
    /// [`caller_address`](Self::caller_address) says who is behind it.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Who is at the other end of a Unix socket: the user, the group and the process that connected, as
    /// the operating system has them. `None` by any other way.
    ///
    /// ```
    /// use rpc_core::{CallContext, rpc_export};
    ///
    /// #[rpc_export]
    /// fn is_root(context: &CallContext) -> bool {
    ///     context.peer_credentials().is_some_and(|peer| peer.uid == 0)
    /// }
    /// ```
    pub fn peer_credentials(&self) -> Option<PeerCredentials> {
        self.caller.as_ref()?.connection()?.credentials
    }

    /// The value of a header of the HTTP request that the call came in, or of the one that opened its
    /// WebSocket. `None` where there is no such header or no such request, and where the value is not
    /// UTF-8. Case makes no difference to names; of several headers of one name this is the first.
    ///
    /// ```
    /// use rpc_core::{CallContext, rpc_export};
    ///
    /// #[rpc_export]
    /// fn agent(context: &CallContext) -> Option<String> {
    ///     context.header("user-agent").map(str::to_owned)
    /// }
    /// ```
    #[cfg_attr(not(feature = "http"), allow(clippy::unused_self))]
    pub fn header(&self, name: &str) -> Option<&str> {
        #[cfg(feature = "http")]
        {
            let value = self.caller.as_ref()?.request()?.headers.get(name)?;
            std::str::from_utf8(value.as_bytes()).ok()
        }
        #[cfg(not(feature = "http"))]
        {
            let _ = name;
            None
        }
    }

    /// The names and values of all headers, one by one, without those whose value is not UTF-8. Names
    /// are in lower case.
    #[cfg_attr(not(feature = "http"), allow(clippy::unused_self))]
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        #[cfg(feature = "http")]
        {
            let request = self.caller.as_ref().and_then(|caller| caller.request());
            request.into_iter().flat_map(|request| &request.headers).filter_map(|(name, value)| {
                Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?))
            })
        }
        #[cfg(not(feature = "http"))]
        std::iter::empty()
    }

    /// What the caller said under this name besides the call's arguments: in the call's message or, over
    /// HTTP, in a header of its request. Case makes no difference to names; of several values of one
    /// name this is the first.
    ///
    /// ```standalone_crate
    /// use rpc_core::{CallContext, FunctionRegistry, Stub, rpc_export};
    ///
    /// #[rpc_export]
    /// fn trace(context: &CallContext) -> Option<String> {
    ///     context.metadata("traceparent").map(str::to_owned)
    /// }
    ///
    /// let registry = FunctionRegistry::exported();
    /// let traced = registry.with_metadata("traceparent", "00-4bf9-01");
    /// assert_eq!(traced.trace().call()?.as_deref(), Some("00-4bf9-01"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.caller.as_ref()?.metadata(name)
    }

    /// Who calls, where the server has found that out; `None` where it has not, or where nobody has said.
    pub fn identity(&self) -> Option<&Identity> {
        self.get()
    }

    /// What is kept on the connection that the call came over, for all of its calls. `None` within one
    /// process and in a mounted service, where there is no connection that is known.
    pub fn connection(&self) -> Option<&ConnectionValues> {
        self.caller.as_ref()?.connection().map(|connection| &connection.values)
    }

    /// The certificate that the client has shown in its handshake, which the server has checked (feature `tls`). `None` where
    /// it has shown none, or the server asks for none: [`Tls::client_ca`](crate::tls::Tls::client_ca).
    #[cfg(feature = "tls")]
    pub fn peer_certificate(&self) -> Option<&PeerCertificate> {
        self.caller.as_ref()?.connection()?.certificate.as_ref()?.get()
    }

    /// What holds the certificate, for whoever keeps it.
    #[cfg(feature = "tls")]
    pub(super) fn certificate(&self) -> Option<Arc<OnceLock<PeerCertificate>>> {
        self.caller.as_ref()?.connection()?.certificate.clone()
    }

    /// The value of this type among the extensions of the request, which what is around a
    /// [mounted service](crate::server::RpcService) has put there (feature `http`).
    #[cfg(feature = "http")]
    pub fn extension<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.caller.as_ref()?.request()?.extensions.get()
    }

    /// The name of the server model that runs the call; empty within one process.
    pub fn model(&self) -> &'static str {
        self.model
    }

    /// The same for a call within another, whose result may take fewer levels of nesting.
    pub(crate) fn within(&self, outer: u8) -> Self {
        Self { outer, ..self.clone() }
    }

    /// Where a result goes: back the way the call came.
    pub(crate) fn place(&self) -> Place {
        let form = if cfg!(feature = "xmlrpc") && self.protocol == "xml-rpc" {
            Form::Marked
        } else {
            Form::Plain
        };
        Place { form, outer: self.outer }
    }

    /// The dialect the call came in: `native`, `ping`, `json-rpc` or `xml-rpc`, or `mcp`; empty within one
    /// process.
    pub fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// How long the caller will still wait; zero when it has stopped waiting, `None` when it did
    /// not say.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether nobody waits for the result any more: the caller has gone away or has cancelled the
    /// call, or its time is up.
    ///
    /// A function that runs for long may ask from time to time, and stop. Asking costs a few
    /// microseconds.
    pub fn is_cancelled(&self) -> bool {
        self.is_given_up() || self.caller.as_ref().is_some_and(|caller| caller.is_gone())
    }

    /// Whether nobody waits any more, as far as that is known without asking the operating system.
    pub(crate) fn is_given_up(&self) -> bool {
        self.is_late()
            || self.interest.as_ref().is_some_and(|interest| interest.strong_count() == 0)
    }

    /// Whether the caller has said how long it waits, and that is over.
    pub(crate) fn is_late(&self) -> bool {
        self.remaining().is_some_and(|left| left.is_zero())
    }

    /// The same context with a value in it, for a layer to pass on: who is calling, say.
    ///
    /// A value hides one of the same type that a layer further out has put there.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(&self, value: T) -> Self {
        let outer = self.values.clone();
        let values = Some(Arc::new(Value { value: Box::new(value), outer }));
        Self { values, ..self.clone() }
    }

    /// The value of this type that a layer has put there.
    pub fn get<T: Any>(&self) -> Option<&T> {
        let mut next = self.values.as_deref();
        while let Some(Value { value, outer }) = next {
            if let Some(value) = value.downcast_ref() {
                return Some(value);
            }
            next = outer.as_deref();
        }
        None
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("peer", &self.peer)
            .field("model", &self.model)
            .field("protocol", &self.protocol)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
