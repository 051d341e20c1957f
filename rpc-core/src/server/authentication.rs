//! Has a server ask who calls.

use std::time::Duration;

use crate::json_rpc::JsonRpc;
use crate::registry::{Authenticate, Credentials, Dispatch, Identity, Unauthenticated};

use super::tcp_server::TcpServer;

impl<D: Dispatch> TcpServer<JsonRpc<D>> {
    /// Asks `authenticator` who calls: a closure, or what is ready-made. Functions and layers find whom it names by
    /// [`CallContext::identity`](crate::CallContext::identity).
    ///
    /// ```standalone_crate
    /// use rpc_core::identity::{Credentials, Identity, Unauthenticated};
    /// use rpc_core::{CallContext, RpcClient, RpcServer, Stub, rpc_export};
    ///
    /// #[rpc_export]
    /// fn whoami(context: &CallContext) -> Option<String> {
    ///     Some(context.identity()?.name().to_owned())
    /// }
    ///
    /// let server = RpcServer::exported()
    ///     .authenticate(|credentials: &Credentials<'_>| match credentials.bearer() {
    ///         Some("s3cret") => Ok(Identity::new("ada")),
    ///         _ => Err(Unauthenticated::new("no such token")),
    ///     })
    ///     .start("127.0.0.1:0")?;
    ///
    /// let client = RpcClient::connect(server.address())?;
    /// assert_eq!(client.whoami().call()?, None);
    /// let ada = client.with_metadata("authorization", "Bearer s3cret");
    /// assert_eq!(ada.whoami().call()?.as_deref(), Some("ada"));
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// Callers say who they are in the header `Authorization` of a request or of the one that opens a WebSocket, by the
    /// greeting `rpc.authenticate` on a stream, or in the metadata `authorization` of a call, which goes before the
    /// others. Unix sockets show a user by themselves. Calls of callers who show nothing run, and have no identity.
    ///
    /// Where what was said is wrong or has expired, calls fail with -32007, over HTTP with the status 401. A panic in
    /// `authenticator` is -32603. It runs where the call came in: on an event loop others wait meanwhile, so one that
    /// takes time is for [`authenticate_async`](Self::authenticate_async). What is said here twice counts the last time.
    #[must_use]
    pub fn authenticate(mut self, authenticator: impl Authenticate) -> Self {
        self.answer = self.answer.authenticate(authenticator);
        self
    }

    /// Asks a future who calls, as [`authenticate`](Self::authenticate) does: an event loop serves others meanwhile, and
    /// a model whose threads may block waits for it. Calls behind it on the same stream wait.
    ///
    /// ```
    /// use rpc_core::identity::{Credentials, Identity, Unauthenticated};
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// async fn look_up(token: &str) -> Option<String> {
    ///     // … in a database
    /// #   let _ = token;
    /// #   None
    /// }
    ///
    /// let server = RpcServer::of(FunctionRegistry::new()).authenticate_async(
    ///     |credentials: Credentials<'static>| async move {
    ///         let token = credentials.bearer().unwrap_or_default();
    ///         let name = look_up(token).await;
    ///         name.map(Identity::new).ok_or_else(|| Unauthenticated::new("no such token"))
    ///     },
    /// );
    /// # let _ = server;
    /// ```
    #[must_use]
    pub fn authenticate_async<F>(
        mut self,
        authenticator: impl Fn(Credentials<'static>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Identity, Unauthenticated>> + Send + 'static,
    {
        self.answer = self.answer.authenticate_async(authenticator);
        self
    }

    /// Remembers so many callers for so long, who said with a request or a call who they are. 1024 for a minute by
    /// default; zero of either remembers none. Nobody is remembered for longer than their identity
    /// [holds](crate::identity::Identity::expires_at), and no secret is kept.
    ///
    /// Until then a token that is taken back goes on working.
    #[must_use]
    pub fn remember_callers(mut self, count: usize, time: Duration) -> Self {
        self.answer = self.answer.remember_callers(count, time);
        self
    }

    /// Lets so many wrong credentials come from one address within a time, 10 a minute by default; `count` 0 is as many as
    /// they like. Others from there are then refused without being looked at, until the time is over: with -32000 and
    /// `{"retry_after_ms":…}`, over HTTP with the status 429. Who is known already is not refused. No more of an address are
    /// looked at at once than may still be wrong, and others wait for their turn.
    ///
    /// It is counted for 1024 addresses, in each process where the model makes several. A network of IPv6 (/64) is one
    /// address, and so is a proxy.
    #[must_use]
    pub fn slow_failed_logins(mut self, count: u32, time: Duration) -> Self {
        self.answer = self.answer.slow_failed_logins(count, time);
        self
    }
}
