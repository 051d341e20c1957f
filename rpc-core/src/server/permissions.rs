//! Has a server ask who may call what.

use crate::json_rpc::JsonRpc;
use crate::registry::{Allow, Dispatch, FunctionRegistry};

use super::tcp_server::TcpServer;

impl<D: Dispatch> TcpServer<JsonRpc<D>> {
    /// Has functions that say nothing about who may call them need an identity, any: who has not said who they are can
    /// call no more than what has `#[rpc_export(allow = "*")]`. `system.describe` and its relatives are such functions too;
    /// [`allow_system`](Self::allow_system) says something else of them.
    ///
    /// ```
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("ping", || "pong")?.allow("ping", "*")?;
    /// registry.register("balance", || 7)?;
    /// let server = RpcServer::of(registry).deny_by_default();
    /// // Nothing finds out who calls, so nobody could ask for the balance.
    /// assert!(server.start("127.0.0.1:0").is_err());
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    #[must_use]
    pub fn deny_by_default(self) -> Self {
        self.told(FunctionRegistry::deny_by_default)
    }

    /// Has each caller shown what they may call, and nothing else: by `system.listMethods`, `system.describe`, `rpc.discover`,
    /// the page in a browser, and to language models.
    #[must_use]
    pub fn list_allowed_only(self) -> Self {
        self.told(FunctionRegistry::list_allowed_only)
    }

    /// Answers a call that may not be made as one of a function that does not exist, so that nobody learns what there is
    /// besides what they may call. It includes [`list_allowed_only`](Self::list_allowed_only).
    #[must_use]
    pub fn hide_denied(self) -> Self {
        self.told(FunctionRegistry::hide_denied)
    }

    /// Says who may ask what there is to call and what has been counted: `system.describe` and its relatives, `rpc.discover`,
    /// what the page in a browser shows, and the list of tools for language models. It is a permission, several of which one is
    /// enough, or `*` for anybody.
    ///
    /// ```
    /// use rpc_core::{FunctionRegistry, RpcServer};
    ///
    /// let server = RpcServer::of(FunctionRegistry::new()).allow_system(["admin", "developer"]);
    /// # let _ = server;
    /// ```
    ///
    /// `system.multicall` is for anybody: each call in it is looked at by itself.
    #[must_use]
    pub fn allow_system(self, allow: impl Into<Allow>) -> Self {
        self.told(|registry| registry.allow_system(allow.into()))
    }

    /// Says that a layer finds out who calls, and puts an [`Identity`](crate::identity::Identity) into the context for the
    /// functions below it. A server whose functions ask for permissions does not start unless something finds that out.
    ///
    /// ```
    /// use rpc_core::identity::Identity;
    /// use rpc_core::layer::{Dispatch, Outcome, Reply};
    /// use rpc_core::protocol::Call;
    /// use rpc_core::{CallContext, FunctionRegistry, TcpServer};
    ///
    /// /// Takes the word of a proxy, which alone can connect.
    /// struct FromProxy<D>(D);
    ///
    /// impl<D: Dispatch> Dispatch for FromProxy<D> {
    ///     fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
    ///         match context.header("x-user") {
    ///             None => self.0.dispatch(call, context, reply),
    ///             Some(name) => {
    ///                 let identity = Identity::new(name).scopes(["bank:read"]);
    ///                 self.0.dispatch(call, &context.with(identity), reply)
    ///             }
    ///         }
    ///     }
    ///
    ///     fn inner(&self) -> Option<&dyn Dispatch> {
    ///         Some(&self.0)
    ///     }
    /// }
    ///
    /// let mut registry = FunctionRegistry::new();
    /// registry.register("balance", || 7)?.allow("balance", "bank:read")?;
    /// let server = TcpServer::of(FromProxy(registry)).identities_by_layer().start("127.0.0.1:0")?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    #[must_use]
    pub fn identities_by_layer(self) -> Self {
        self.told(FunctionRegistry::identify)
    }

    /// Tells the functions, where they are found.
    fn told(mut self, tell: impl FnOnce(&FunctionRegistry)) -> Self {
        match self.answer.dispatch().registry() {
            Some(registry) => tell(registry),
            None => self.settings.unshared = Some("permissions"),
        }
        self
    }
}
