//! The layer between bytes and calls: reads a message, has it run, writes the reply.
//!
//! [`run`] runs one call, [`batch`] several that came in one message; [`later`] is what becomes of
//! those that take time.

mod aside;
mod batch;
mod hook;
mod later;
mod multicall;
mod room;
mod run;
mod session;
mod side_by_side;
#[cfg(feature = "xmlrpc")]
mod xml_rpc;

pub use hook::FinishedCall;
pub use later::Later;
#[cfg(feature = "tokio")]
pub(crate) use later::{Order, Reply};
pub(crate) use run::{run_guarded, too_late};
pub use session::Session;

#[cfg(feature = "xmlrpc")]
use crate::dialect::xml_rpc::XmlRpcOptions;
use crate::dialect::{Dialect, Incoming, Request, Unreadable, read_call};
use crate::error::Misuse;
use crate::protocol::{Fault, Limits};
use crate::registry::Dispatch;

use batch::answer_batch;
use hook::Hook;
use room::Room;
use run::run;

/// Answers messages: knows bytes, never sockets.
///
/// [`JsonRpc`] is the one there is; a test or another protocol can be another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` answers no messages",
    label = "a layer that implements `Answer` must stand here",
    note = "put `JsonRpc` around what runs calls: `TcpServer::new(JsonRpc::new(registry))`"
)]
pub trait Answer: Send + Sync + 'static {
    /// Answers one message, appending the reply to `out`.
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered;

    /// Appends a fault as the reply to `message`, which is empty where there is none.
    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>);

    /// Says, before a server starts, what would keep it from answering.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to do about it.
    fn check(&self) -> Result<(), Misuse> {
        Ok(())
    }
}

/// What became of a message.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "a message that is answered later has no reply yet"]
pub enum Answered {
    /// The reply has been appended.
    Reply,
    /// The reply has been appended, and the connection closes after it.
    Last,
    /// There is no reply.
    Nothing,
    /// There is no reply, and none is waited for any more for the call with this id.
    Cancel {
        /// The id, as the text it came as.
        id: String,
    },
    /// The reply takes time: the function is asynchronous, or blocks a thread and this one must not be
    /// blocked, or there are several of them.
    Later(Later),
}

/// Joins the dialects to what runs calls.
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
    dispatch: D,
    hook: Option<Hook>,
    #[cfg(feature = "xmlrpc")]
    xml_rpc: XmlRpcOptions,
}

impl<D: Dispatch> JsonRpc<D> {
    /// Puts the layer on what runs calls.
    pub fn new(dispatch: D) -> Self {
        Self {
            dispatch,
            hook: None,
            #[cfg(feature = "xmlrpc")]
            xml_rpc: XmlRpcOptions::default(),
        }
    }

    /// Calls `tell` after each call that has ended, behind what was set before: also for calls that were
    /// refused, and for those that nobody waits for any more. It runs where the call ended, so it should
    /// be quick.
    #[must_use]
    pub fn on_call(mut self, tell: impl Fn(&FinishedCall<'_>) + Send + Sync + 'static) -> Self {
        self.hook = Some(Hook::after(self.hook.take(), tell));
        self
    }

    /// What runs the calls.
    pub fn dispatch(&self) -> &D {
        &self.dispatch
    }
}

impl<D: Dispatch> Answer for JsonRpc<D> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        #[cfg(feature = "xmlrpc")]
        if session.dialect() == Dialect::XmlRpc {
            return self.answer_xml(message, session, out);
        }
        let mut request = Request::default();
        let (dialect, id, fault) = match read_call(message, &session.limits, &mut request) {
            Ok(Incoming::Cancel(id)) => return Answered::Cancel { id: id.to_owned() },
            Ok(Incoming::Call) => {
                let Request { dialect, id, timeout, .. } = request;
                session.hear(dialect, id.is_some());
                if let Some(fault) = shut(dialect, &session.limits) {
                    (dialect, id, fault)
                } else {
                    session.context.begin(dialect.name(), timeout);
                    let room = Room::of_message(&session.limits);
                    return run(self, &request, &room, session, out);
                }
            }
            Ok(Incoming::Batch(elements)) => match shut(Dialect::JsonRpc, &session.limits) {
                Some(fault) => (Dialect::JsonRpc, None, fault),
                None => return answer_batch(self, &elements, session, out),
            },
            Err(Unreadable::NotACall { dialect, id, fault }) => {
                (dialect.unwrap_or(session.dialect()), id, fault)
            }
            Err(Unreadable::Broken(error)) => {
                let dialect = session.dialect_of_broken(message);
                dialect.write_fault(out, None, &error.to_fault());
                return Answered::Last;
            }
        };
        dialect.write_fault(out, id, &fault);
        Answered::Reply
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        #[cfg(feature = "xmlrpc")]
        if session.dialect() == Dialect::XmlRpc {
            return session.dialect().write_fault(out, None, fault);
        }
        let mut request = Request::default();
        let (dialect, id) = match read_call(message, &session.limits, &mut request) {
            Ok(Incoming::Call) => (request.dialect, request.id),
            Ok(Incoming::Batch(_)) => (Dialect::JsonRpc, None),
            Ok(Incoming::Cancel(_)) => (session.dialect(), None),
            Err(Unreadable::NotACall { dialect, id, .. }) => {
                (dialect.unwrap_or(session.dialect()), id)
            }
            Err(Unreadable::Broken(_)) => (session.dialect_of_broken(message), None),
        };
        dialect.write_fault(out, id, fault);
    }

    fn check(&self) -> Result<(), Misuse> {
        self.dispatch.check()
    }
}

/// Says of a dialect that this server is told not to speak that it is.
fn shut(dialect: Dialect, limits: &Limits) -> Option<Fault> {
    let protocol = dialect.protocol();
    let refuse = || {
        Fault::invalid_request(format!(
            "{protocol} is disabled on this server; speak another dialect, or have it enabled"
        ))
    };
    (!limits.protocols.is_enabled(protocol)).then(refuse)
}
