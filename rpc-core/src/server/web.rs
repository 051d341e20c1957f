//! Connections that turn out to speak HTTP.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderMap;
use tokio::runtime;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::http::{Exchange, Opener, Readiness, RpcService, serve};
use crate::json_rpc::{Answer, JsonRpc, Session};
use crate::protocol::Connection;
use crate::pump::asynchronous::{Presence, Pump};
use crate::pump::{Timeouts, Voice};
use crate::registry::{Caller, Connected, Dispatch};
use crate::transport::{AnyStream, AsyncSocket, Stream};

use super::bridge::Bridge;
use super::service::Service;
use super::tcp_server::TcpServer;

impl<A: Answer> Service<A> {
    /// Goes on with a connection that turned out to speak HTTP, on the event loop that polls this, to
    /// its end; says how its stream broke, where it did.
    pub(super) async fn go_on_by_http(
        &self,
        stream: AsyncSocket,
        mut session: Session,
        connection: Connection,
        voice: &Voice,
    ) -> io::Result<()> {
        // In a box, so that a WebSocket, which may be open for long, has no room for it.
        let timeouts = &self.settings.timeouts;
        let speaking =
            self.speak_http(stream, session.clone(), connection, timeouts, voice, pending());
        let Some((mut stream, received, headers)) = Box::pin(speaking).await? else {
            return Ok(());
        };
        let mut connection = Connection::of_websocket(&received, session.limits);
        connection.within(&self.memory);
        drop(received);
        let presence = Arc::new(Presence::heard_by(voice));
        voice.learn(&connection, &[]);
        let known = session.context.caller().cloned();
        let opener = Opener::new(headers, Arc::clone(&presence) as _, known);
        session.context = session.context.called_by(Arc::new(opener));
        session.speak(Dialect::JsonRpc);
        let pump = Pump {
            stream: &mut stream,
            connection: &mut connection,
            session: &mut session,
            answer: &self.answer,
            timeouts: &timeouts.for_websocket(),
            presence: &presence,
            stopping: pin!(self.stop().stopped()),
        };
        let ended = pump.run().await;
        presence.leave();
        ended.map(drop)
    }

    /// Answers requests, and returns the stream when one has made a WebSocket of it. When there is a
    /// `crowd` that waits for the thread, no peer may be silent for longer than it says.
    async fn speak_http(
        &self,
        stream: AsyncSocket,
        session: Session,
        connection: Connection,
        timeouts: &Timeouts,
        voice: &Voice,
        crowd: impl Future<Output = Duration>,
    ) -> io::Result<Option<(AsyncSocket, Vec<u8>, HeaderMap)>> {
        let readiness = if self.is_busy {
            Readiness::Busy
        } else {
            let stop = Arc::clone(self.stop());
            Readiness::While(Arc::new(move || !stop.is_stopping()))
        };
        let exchange = Exchange {
            answer: Arc::clone(&self.answer),
            session,
            guard: Arc::clone(&self.settings.guard),
            body_timeout: timeouts.message,
            readiness,
            voice: voice.clone(),
            memory: self.memory.clone(),
            streams: Arc::default(),
            #[cfg(feature = "docs-page")]
            docs_page: self.settings.docs_page,
        };
        let stopping = self.stop().stopped();
        serve(stream, connection.into_received(), exchange, timeouts, stopping, crowd).await
    }

    /// Goes on with a connection on this thread, which functions may block, and returns it when it
    /// has become a WebSocket's.
    ///
    /// hyper reads on while a reply is made, which takes an event loop: one for this connection.
    pub(super) fn speak_http_blocking(
        &self,
        stream: &Arc<AnyStream>,
        session: &mut Session,
        connection: Connection,
        timeouts: &Timeouts,
        voice: &Voice,
        crowd: impl Future<Output = Duration>,
    ) -> io::Result<Option<Connection>> {
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let Some(twin) = stream.twin() else {
            // It can only be waited for, so others wait for it. There is nothing that could be given
            // back: a WebSocket goes on in the same way.
            let bridge = Bridge::over(Arc::clone(stream), timeouts.write)?;
            let near = AsyncSocket::Memory(bridge.near);
            let went = self.go_on_by_http(near, session.clone(), connection, voice);
            let went = runtime.block_on(went);
            bridge.ends.end()?;
            return went.map(|()| None);
        };
        let twin = twin?;
        let known = session.context.caller().cloned();
        let peer = NeverWaiting { stream: Arc::clone(stream), known: known.clone() };
        let of_requests = session.called_by(Arc::new(peer));
        runtime.block_on(async {
            let stream = AsyncSocket::from_twin(twin)?;
            let limits = session.limits;
            let switched = self.speak_http(stream, of_requests, connection, timeouts, voice, crowd);
            let Some((stream, received, headers)) = switched.await? else {
                return Ok(None);
            };
            // Both are one socket to the operating system.
            stream.into_std()?;
            if let Some(peer) = &known {
                let opener = Opener::new(headers, Arc::clone(peer), known.clone());
                session.context = session.context.called_by(Arc::new(opener));
            }
            let mut connection = Connection::of_websocket(&received, limits);
            connection.within(&self.memory);
            voice.learn(&connection, &[]);
            Ok(Some(connection))
        })
    }
}

/// The other end of a connection that never waits.
struct NeverWaiting {
    stream: Arc<AnyStream>,
    /// What the connection was before.
    known: Option<Arc<dyn Caller>>,
}

impl Caller for NeverWaiting {
    fn is_gone(&self) -> bool {
        let is_gone = self.stream.is_ended();
        // Looking has left it one that waits. Nobody has used it meanwhile: a function on the
        // connection's own thread is asking.
        let _ = self.stream.socket().map(|socket| socket.set_nonblocking(true));
        is_gone
    }

    fn connection(&self) -> Option<&Connected> {
        self.known.as_ref()?.connection()
    }
}

impl<A: Answer> TcpServer<A> {
    /// Makes a tower service of it, to be mounted in an HTTP server that is there already, as in
    /// axum's `Router::route_service` (feature `http`).
    ///
    /// Limits, the message timeout and what hosts and origins were allowed hold there too; other
    /// settings are the server's it is mounted in.
    ///
    /// ```
    /// use rpc_core::{FunctionRegistry, RpcServer};
    /// use hyper::{Request, StatusCode};
    /// use tower_service::Service;
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("double", |n: i64| 2 * n)?;
    /// let mut service = RpcServer::of(registry).into_service()?;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let request = Request::post("http://localhost/rpc")
    ///     .header("content-type", "application/json")
    ///     .body(r#"{"method_name":"double","method_args":[21]}"#.to_owned())?;
    /// let response = service.call(request).await?;
    /// assert_eq!(response.status(), StatusCode::OK);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where two functions have one name, or shared state is missing.
    pub fn into_service(self) -> Result<RpcService<A>, Error> {
        self.check()?;
        let service = self.into_unbound("service");
        let (mut session, _) = service.begin(None, None);
        session.context.may_block(false);
        // Which requests are of one connection is not known.
        session.limits.max_streams = usize::MAX;
        Ok(RpcService::new(Exchange {
            answer: service.answer,
            session,
            guard: service.settings.guard,
            body_timeout: service.settings.timeouts.message,
            readiness: Readiness::While(Arc::new(|| true)),
            voice: Voice::default(),
            memory: service.memory,
            streams: Arc::default(),
            #[cfg(feature = "docs-page")]
            docs_page: service.settings.docs_page,
        }))
    }

    /// Serves the page that shows the functions in a browser and calls them, or does not (feature `docs-page`). With the
    /// feature it is served, at `/docs` and at `/`, unless this says `false`; then a GET is answered 405 there.
    ///
    /// Hosts and origins are looked at as for calls. Whoever gets the page can do with it what they can do without it.
    ///
    /// ```
    /// use rpc_core::RpcServer;
    ///
    /// let server = RpcServer::exported().docs_page(false);
    /// # let _ = server;
    /// ```
    #[cfg(feature = "docs-page")]
    #[must_use]
    pub fn docs_page(mut self, is_served: bool) -> Self {
        self.settings.docs_page = is_served;
        self
    }

    /// Adds a name that this server is reached by over HTTP (feature `http`).
    ///
    /// `localhost` and IP addresses are known already. A request to any other name is answered 403,
    /// because a web page may have had its own name point to this machine.
    #[must_use]
    pub fn allow_host(mut self, host: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).allow_host(host);
        self
    }

    /// Lets the web pages of one origin, as in `https://app.example`, call this server (feature
    /// `http`). Pages of all others are answered 403. `*` lets the pages of any origin call, for what is meant for
    /// everybody or asks for a token.
    ///
    /// Their requests carry no cookies; see
    /// [`allow_origin_with_credentials`](Self::allow_origin_with_credentials).
    ///
    /// What no page has as its origin keeps the server from starting, and so does `*` where cookies say who calls
    /// ([`Misuse::WebPages`]).
    ///
    /// [`Misuse::WebPages`]: crate::error::Misuse::WebPages
    #[must_use]
    pub fn allow_origin(mut self, origin: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).allow_origin(origin, false);
        self
    }

    /// The same for pages whose requests carry cookies and other credentials: those that
    /// [`cookie_credentials`](Self::cookie_credentials) names, or that something in front of this server looks at.
    /// It takes an origin, and not `*`.
    #[must_use]
    pub fn allow_origin_with_credentials(mut self, origin: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).allow_origin(origin, true);
        self
    }

    /// Lets the pages of the origins that were allowed send further headers (feature `http`):
    /// `.allow_headers(["traceparent"])`. Their browsers ask beforehand. `Content-Type` and `Authorization` are allowed
    /// already, and those of MCP where there are tools.
    ///
    /// A name that no header can have keeps the server from starting ([`Misuse::Header`]).
    ///
    /// [`Misuse::Header`]: crate::error::Misuse::Header
    #[must_use]
    pub fn allow_headers(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into);
        Arc::make_mut(&mut self.settings.guard).allow_headers(names);
        self
    }

    /// Knows a subprotocol of WebSockets by its name (feature `http`), and chooses it for a client that asks for it:
    /// `new WebSocket(url, "sums.example")`. A browser that asks for subprotocols opens no WebSocket where none of
    /// them is chosen. `jsonrpc`, `jsonrpc2.0`, `jsonrpc-2.0` and `json-rpc` are known already; names are
    /// told apart by upper and lower case.
    ///
    /// A name changes nothing of what is spoken. One that no subprotocol can have keeps the server
    /// from starting ([`Misuse::Header`]).
    ///
    /// ```
    /// use rpc_core::RpcServer;
    ///
    /// let server = RpcServer::exported().allow_subprotocol("sums.example");
    /// # let _ = server;
    /// ```
    ///
    /// [`Misuse::Header`]: crate::error::Misuse::Header
    #[must_use]
    pub fn allow_subprotocol(mut self, name: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).allow_subprotocol(name);
        self
    }
}

impl<D: Dispatch> TcpServer<JsonRpc<D>> {
    /// Takes the cookie of this name for what says who calls (feature `http`): the authenticator finds it by
    /// [`Credentials::cookie`](crate::identity::Credentials::cookie). Without this no cookie is a credential.
    ///
    /// A browser sends cookies for whichever page has it make a request. So a request that has this cookie, and nothing in
    /// `Authorization`, runs calls and opens a WebSocket only
    ///
    /// - where its `Origin` is this server's own, and `Sec-Fetch-Site` says nothing else,
    /// - or was allowed by [`allow_origin_with_credentials`](Self::allow_origin_with_credentials),
    /// - or, without `Origin`, where `Sec-Fetch-Site` says `same-origin`, or `none`: the user, and no page.
    ///
    /// All others are answered 403, programs that say neither among them. It is what OWASP's [cheat sheet] advises, by headers that
    /// [Fetch] and [Fetch Metadata] keep pages from writing. A form, an image or a script calls nothing anyway, whatever cookies come
    /// with it: what they send is of no type that is taken.
    ///
    /// Whoever sets the cookie makes it `Secure`, `HttpOnly` and `SameSite=Lax` or `Strict`, and names it `__Host-…`: this server
    /// sets none. A cookie that comes twice is refused as wrong, since a neighbour in its domain may have set one of them.
    ///
    /// ```
    /// use rpc_core::identity::{Credentials, Identity, Unauthenticated};
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let server = RpcServer::of(FunctionRegistry::new())
    ///     .cookie_credentials("__Host-session")
    ///     .authenticate(|credentials: &Credentials<'_>| match credentials.cookie("__Host-session") {
    ///         Some("5f0c…") => Ok(Identity::new("ada")),
    ///         _ => Err(Unauthenticated::new("no such session")),
    ///     })
    ///     .allow_origin_with_credentials("https://app.example");
    /// # let _ = server;
    /// ```
    ///
    /// What cannot be a cookie's name, `allow_origin("*")` beside it, and nobody to ask who calls keep the server from starting.
    ///
    /// [cheat sheet]: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    /// [Fetch]: https://fetch.spec.whatwg.org/#origin-header
    /// [Fetch Metadata]: https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    #[must_use]
    pub fn cookie_credentials(mut self, name: &str) -> Self {
        Arc::make_mut(&mut self.settings.guard).take_cookie(name);
        self.answer = self.answer.cookie_credentials(name);
        self
    }
}
