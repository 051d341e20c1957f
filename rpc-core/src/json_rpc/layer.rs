//! `JsonRpc`: what runs calls, and how it is to be asked.

use std::sync::Arc;

#[cfg(feature = "xmlrpc")]
use crate::dialect::xml_rpc::XmlRpcOptions;
use crate::error::Misuse;
#[cfg(feature = "mcp")]
use crate::mcp::Mcp;
use crate::protocol::Fault;
use crate::registry::{CallContext, Dispatch, Statistics};

use super::answer::Answered;
use super::finished::FinishedCall;
use super::hook::Hook;
use super::identify::Asking;
use super::kept_arguments::KeptArguments;
use super::listener::Record;

/// Reads messages of every dialect, native, JSON-RPC 2.0, ping and XML-RPC, has what is in it run
/// their calls, and writes the replies.
///
/// It tells the dialects apart message by message, and answers in the one it was spoken to in. Those
/// that are not to be spoken are [disabled](crate::TcpServer::disable).
///
/// ```
/// use rpc_core::layer::{Answer, Session};
/// use rpc_core::{FunctionRegistry, JsonRpc};
///
/// let mut registry = FunctionRegistry::new();
/// registry.register("add", |a: i64, b: i64| a + b)?;
///
/// let mut reply = Vec::new();
/// let message = br#"{"method_name": "add", "method_args": [1, 2], "id": 7}"#;
/// let _ = JsonRpc::new(registry).answer(message, &mut Session::default(), &mut reply);
/// assert_eq!(reply, br#"{"res":3,"id":7}"#);
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct JsonRpc<D> {
    pub(super) dispatch: D,
    pub(super) hook: Option<Hook>,
    #[cfg(feature = "xmlrpc")]
    pub(super) xml_rpc: XmlRpcOptions,
    #[cfg(feature = "mcp")]
    pub(super) mcp: Option<Mcp>,
}

impl<D: Dispatch> JsonRpc<D> {
    /// Puts the layer on what runs calls.
    pub fn new(dispatch: D) -> Self {
        Self {
            dispatch,
            hook: None,
            #[cfg(feature = "xmlrpc")]
            xml_rpc: XmlRpcOptions::default(),
            #[cfg(feature = "mcp")]
            mcp: None,
        }
    }

    /// Calls `tell` after each call that has ended, behind what was set before: also for calls that were
    /// refused, and for those that nobody waits for any more. It runs where the call ended, so it should
    /// be quick.
    #[must_use]
    pub fn on_call(mut self, tell: impl Fn(&FinishedCall<'_>) + Send + Sync + 'static) -> Self {
        self.hook = Some(self.hook.unwrap_or_default().telling(tell));
        self
    }

    /// Shows arguments to whoever is told of calls: see
    /// [`TcpServer::keep_arguments`](crate::TcpServer::keep_arguments).
    #[must_use]
    pub fn keep_arguments(mut self, kept: KeptArguments) -> Self {
        self.hook = Some(self.hook.unwrap_or_default().keeping(kept));
        self
    }

    /// Has calls counted.
    #[must_use]
    pub(crate) fn counted(mut self, statistics: Arc<Statistics>) -> Self {
        self.hook = Some(self.hook.unwrap_or_default().counting(statistics));
        self
    }

    /// Refuses arguments of functions that there are none of.
    pub(super) fn check_kept_arguments(&self) -> Result<(), Misuse> {
        let kept = self.hook.as_ref().and_then(Hook::kept);
        kept.map_or(Ok(()), |kept| kept.check(self.dispatch.registry()))
    }

    /// Tells of a message that is refused before it comes to a call.
    #[cold]
    pub(super) fn tell_refused(
        &self,
        context: &CallContext,
        protocol: &'static str,
        what: (&str, Option<&str>),
        fault: &Fault,
    ) {
        if let Some(listener) = self.hook.as_ref().and_then(Hook::listener) {
            listener.refused(&Record::of_message(context, protocol, what), fault);
        }
    }

    /// Has a message wait until it is found out who has sent it, and be told of where its caller does not.
    #[cold]
    pub(super) fn asks_first(
        &self,
        asking: Asking,
        context: &CallContext,
        protocol: &'static str,
        what: (&str, Option<&str>),
    ) -> Answered {
        let Some(listener) = self.hook.as_ref().and_then(Hook::listener) else {
            return Answered::Asks(asking);
        };
        let asked = listener.asks(Record::of_message(context, protocol, what));
        Answered::Asks(asking.then(|| asked.found()))
    }

    /// Tells of the calls that run that nobody waits for them any more.
    pub(super) fn tell_cut_off(&self) {
        if let Some(listener) = self.hook.as_ref().and_then(Hook::listener) {
            listener.cut_off();
        }
    }

    /// What runs the calls.
    pub fn dispatch(&self) -> &D {
        &self.dispatch
    }
}
