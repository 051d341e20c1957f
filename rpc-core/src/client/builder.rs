//! A client's settings, and what they say of its connections and calls.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::dialect::Dialect;
use crate::error::{Error, IoErrorKind};
use crate::protocol::{Arguments, Credit, Framing, Limits};
#[cfg(feature = "tokio")]
use crate::transport::AsyncSocket;
#[cfg(feature = "tls")]
use crate::transport::ClientTls;
use crate::transport::Stream;

use super::Invocation;
use super::credentials::{Credential, Credentials};
use super::http::Target;
use super::websocket::Resource;

/// Settings of a client that is to be connected.
///
/// ```
/// use std::time::Duration;
///
/// use rpc_core::client::Dialect;
/// use rpc_core::protocol::Framing;
/// use rpc_core::RpcClient;
///
/// // A server that reads one call from a connection, answers it and closes.
/// let builder = RpcClient::builder()
///     .framing(Framing::Raw)
///     .dialect(Dialect::NativeWithoutIds)
///     .one_call_per_connection()
///     .call_timeout(Duration::from_secs(2));
/// ```
#[derive(Clone)]
#[must_use = "settings do nothing until `connect`"]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting by itself")]
pub struct ClientBuilder {
    pub(super) framing: Framing,
    pub(super) dialect: Dialect,
    pub(super) limits: Limits,
    pub(super) connect_timeout: Duration,
    pub(super) call_timeout: Option<Duration>,
    pub(super) one_call_per_connection: bool,
    /// What is to be opened on a connection before it carries calls.
    pub(super) websocket: Option<Arc<Resource>>,
    /// Where calls go that travel by HTTP.
    pub(super) target: Option<Arc<Target>>,
    pub(super) headers: Vec<(String, String)>,
    /// Who calls.
    pub(super) credentials: Option<Arc<Credentials>>,
    /// Whether that may be said in plain text to another machine; and whether what is said is, as far as
    /// is known here.
    pub(super) allows_plain: bool,
    pub(super) is_plain: bool,
    /// What is said with each call.
    pub(super) metadata: Vec<(String, String)>,
    pub(super) connections: usize,
    pub(super) has_dialect: bool,
    /// How often a call may be redirected.
    pub(super) redirects: u32,
    /// How much of each stream may be on its way.
    pub(super) stream_window: Credit,
    /// Whether the time a call is waited for travels with it.
    timeout_travels: bool,
    listener: Option<Arc<Listener>>,
    /// What is spoken to over a transport that does not say so itself.
    pub(super) url: Option<String>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<ClientTls>,
}

type Listener = dyn Fn(ConnectionState) + Send + Sync;

/// What a client's connection has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// A connection has been made.
    Connected,
    /// The connection has ended, or the server wants no further calls on it; the next call makes
    /// another.
    Disconnected,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            framing: Framing::default(),
            dialect: Dialect::default(),
            limits: Limits::default(),
            connect_timeout: Duration::from_secs(5),
            call_timeout: Some(Duration::from_secs(30)),
            one_call_per_connection: false,
            websocket: None,
            target: None,
            headers: Vec::new(),
            credentials: None,
            allows_plain: false,
            is_plain: false,
            metadata: Vec::new(),
            connections: 6,
            has_dialect: false,
            redirects: 0,
            stream_window: Credit { items: 16_384, bytes: 128 * 1024 },
            timeout_travels: false,
            listener: None,
            url: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl ClientBuilder {
    /// Divides messages in this way. [`Framing::LengthPrefix`] by default.
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Speaks this dialect. By default [`Dialect::Native`], and [`Dialect::JsonRpc`] over HTTP and
    /// WebSocket.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self.has_dialect = true;
        self
    }

    /// Holds calls and replies to other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Gives up connecting after this long, however many calls wait for it. 5 s by default. A client
    /// that has lost its connection tries again for as long.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Gives up a call after this long, or never. 30 s by default.
    ///
    /// A timeout that is set here travels with each call, where the dialect has a place for it: the
    /// server stops work that nobody waits for.
    pub fn call_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.call_timeout = timeout.into();
        self.timeout_travels = true;
        self
    }

    /// Tells `listener` when a connection has been made or has ended.
    pub fn on_state_change(
        mut self,
        listener: impl Fn(ConnectionState) + Send + Sync + 'static,
    ) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Makes a connection for each call, for servers that answer one and close.
    pub fn one_call_per_connection(mut self) -> Self {
        self.one_call_per_connection = true;
        self
    }

    /// Adds a header, `.header("X-Tenant", "acme")`: over HTTP to each request, over WebSocket
    /// to the one that opens it. Who calls is said with [`bearer`](Self::bearer). Where there are none, connecting fails with
    /// [`Misuse::NoHeader`](crate::error::Misuse::NoHeader).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Says this with each call besides its arguments, by whatever way it travels:
    /// `.metadata("tenant", "acme")`. Functions and layers find it by
    /// [`CallContext::metadata`](crate::CallContext::metadata); [`Stub::with_metadata`](crate::Stub::with_metadata)
    /// says it with some calls. Where it cannot travel, connecting fails with [`Misuse::Metadata`](crate::error::Misuse::Metadata).
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.metadata.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        self.metadata.push((name, value));
        self
    }

    /// Makes this many connections at most, over HTTP, where each carries one call at a time: for the
    /// calls of an asynchronous client, the others waiting their turn, and for calls that were
    /// started. Threads that wait for calls have a connection each beside them. 6 by default, as
    /// browsers have; a server that serves one connection at a time needs 1.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Speaks HTTP or WebSocket over the transport that [`connect_over`](Self::connect_over) or
    /// `connect_async_over` is given, to the host and path that the URL names: through a tunnel, say,
    /// or over a Unix socket.
    ///
    /// ```no_run
    /// use std::os::unix::net::UnixStream;
    ///
    /// use rpc_core::RpcClient;
    ///
    /// let builder = RpcClient::builder().url("http://localhost/rpc");
    /// let client = builder.connect_over(|_| UnixStream::connect("/run/sum.sock"))?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Follows a server that redirects calls, over HTTP, to another path of the same host and port, by the
    /// statuses that keep the method and the body, 307 and 308; further calls go there at once. A call is
    /// redirected five times at most, and a client sixteen times.
    ///
    /// Other redirects, and those of calls that were started or travel in a blocking client's batch, are
    /// the error [`ProtocolError::Http`](crate::protocol::ProtocolError::Http) as they are by default: it
    /// shows the location.
    pub fn follow_redirects(mut self) -> Self {
        self.redirects = 5;
        self
    }

    /// Lets the other side send this much of a [stream](super::Streaming) before its reader has taken any: items, and
    /// bytes of their JSON text. 16 384 items and 128 KiB by default, and one of each at least. Half of it
    /// taken, as much is asked for again.
    ///
    /// So much memory is what a stream takes whose reader stops, beside the batch that is being read; one item
    /// more may come, of any size within [`Limits::max_message_bytes`], where a byte of the window is left.
    /// A larger window keeps a stream going over a slow line: items come no faster than a window in each
    /// round trip.
    pub fn stream_window(mut self, items: u64, bytes: u64) -> Self {
        self.stream_window = Credit { items: items.max(1), bytes: bytes.max(1) };
        self
    }

    /// Whether a function can answer with items, one after another, rather than with one array.
    pub(super) fn has_streams(&self) -> bool {
        self.target.is_none() && self.dialect.has_streams()
    }

    /// What ends the subscription that a call begins, where it can begin one: in JSON-RPC, on a connection that is not
    /// of single requests.
    pub(super) fn unsubscribe<'i, A>(
        &self,
        invocation: &Invocation<'i, A>,
    ) -> Option<Cow<'i, str>> {
        let may_begin = self.target.is_none() && self.dialect == Dialect::JsonRpc;
        if may_begin { invocation.unsubscribe() } else { None }
    }

    /// Speaks TLS in this way to a `tls://`, `https://` or `wss://` address (feature `tls`): with other
    /// authorities than those of the operating system, with a certificate of one's own. Connecting to
    /// an address without TLS fails.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Whether a call that ended in `error` is to be sent again, to where it was redirected.
    pub(super) fn follows(&self, error: &Error) -> bool {
        self.redirects > 0 && self.target.as_ref().is_some_and(|target| target.follow(error))
    }

    pub(super) fn tell(&self, state: ConnectionState) {
        if let Some(listener) = &self.listener {
            listener(state);
        }
    }

    /// Whether a batch travels as one request.
    pub(super) fn has_batches(&self) -> bool {
        self.target.is_some() && self.dialect == Dialect::JsonRpc
    }

    /// How long the server is told that a call's result is waited for.
    pub(super) fn travelling_timeout<A: Arguments>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Option<Duration> {
        let of_client = self.call_timeout.filter(|_| self.timeout_travels);
        invocation.timeout().or(of_client)
    }

    /// Whether a call that might take so long ended in `error` because nobody can be reached, so that
    /// others made with it need not try.
    pub(super) fn is_unreachable(&self, error: &Error, limit: Option<Duration>) -> bool {
        let has_tried = limit.is_none_or(|limit| limit >= self.connect_timeout);
        let is_connect = matches!(error, Error::Io(error) if error.kind() == IoErrorKind::Connect);
        is_connect && has_tried
    }

    /// Does what is to be done on a connection before it carries calls, and returns what has come
    /// meanwhile.
    pub(super) fn open(
        &self,
        stream: &impl Stream,
        credential: Option<&Credential>,
        limit: Duration,
    ) -> io::Result<Vec<u8>> {
        match &self.websocket {
            Some(resource) => resource.open(stream, credential, limit).map_err(in_words),
            None => Ok(Vec::new()),
        }
    }

    /// The same without blocking.
    #[cfg(feature = "tokio")]
    pub(super) async fn open_async(
        &self,
        stream: &mut AsyncSocket,
        credential: Option<&Credential>,
    ) -> io::Result<Vec<u8>> {
        match &self.websocket {
            Some(resource) => resource.open_async(stream, credential).await.map_err(in_words),
            None => Ok(Vec::new()),
        }
    }

    /// Whether a request may be written: on a connection kept for it, which the other side may have
    /// ended meanwhile, it would be lost.
    #[cfg(feature = "http")]
    pub(super) fn is_fresh(&self, stream: &AsyncSocket) -> bool {
        self.target.is_none() || stream.is_quiet()
    }

    #[cfg(all(feature = "tokio", not(feature = "http")))]
    #[allow(clippy::unused_self)] // As with it.
    pub(super) fn is_fresh(&self, _: &AsyncSocket) -> bool {
        true
    }
}

/// The error of a connection that is being opened, which may be one of TLS.
fn in_words(error: io::Error) -> io::Error {
    #[cfg(feature = "tls")]
    let error = crate::transport::explain_tls(error);
    error
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("framing", &self.framing)
            .field("dialect", &self.dialect)
            .field("limits", &self.limits)
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("one_call_per_connection", &self.one_call_per_connection)
            .finish_non_exhaustive()
    }
}
