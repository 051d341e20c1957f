//! The layer between bytes and calls: reads a message, has it run, writes the reply.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use crate::Misuse;
use crate::dialect::{Dialect, Incoming, Request, Unreadable, read_call};
use crate::protocol::{Call, Fault, Limits, code};
use crate::registry::{CallContext, Deferred, Dispatch, Progress, Reply, panicked};

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
    /// The reply takes time.
    Later(Later),
    /// The function blocks its thread, and the session says that this one must not be blocked: the
    /// message is to be answered on another.
    Blocks {
        /// The id its reply carries, as the text it came as.
        id: Option<String>,
    },
}

/// A reply that takes time.
pub struct Later {
    /// Ends in the reply, or in nothing where none is wanted.
    pub reply: Pin<Box<dyn Future<Output = Vec<u8>> + Send>>,
    /// The id it carries, as the text it came as. Without one it must not overtake others, because
    /// nothing says which call it belongs to.
    pub id: Option<String>,
    /// How long the caller waits, and the reply when the time is up.
    pub limit: Option<(Duration, Vec<u8>)>,
}

/// What is remembered from message to message of one connection.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// What functions are told of their caller.
    pub context: CallContext,
    /// What the connection is held to.
    pub limits: Limits,
    /// The dialect of the last call, in which faults that belong to no call are said.
    dialect: Dialect,
    /// Whether the peer gives its calls ids, and so tells its replies from what it did not ask for.
    has_ids: bool,
}

impl Session {
    /// Starts a session.
    pub fn new(context: CallContext, limits: Limits) -> Self {
        Self { context, limits, ..Self::default() }
    }

    /// The same session for a thread that may be blocked.
    pub(crate) fn that_may_block(&self) -> Self {
        let mut session = self.clone();
        session.context.may_block(true);
        session
    }

    /// Whether the peer understands messages that answer none of its calls.
    pub(crate) fn can_be_told(&self) -> bool {
        self.has_ids && self.dialect == Dialect::Native
    }
}

/// Joins the dialects to what runs calls.
///
/// ```
/// use rpc_core::{Answer, FunctionRegistry, JsonRpc, Session};
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
}

impl<D: Dispatch> JsonRpc<D> {
    /// Puts the layer on what runs calls.
    pub fn new(dispatch: D) -> Self {
        Self { dispatch }
    }

    /// What runs the calls.
    pub fn dispatch(&self) -> &D {
        &self.dispatch
    }

    pub(crate) fn dispatch_mut(&mut self) -> &mut D {
        &mut self.dispatch
    }

    fn run(&self, request: &Request<'_>, session: &mut Session, out: &mut Vec<u8>) -> Answered {
        let Request { dialect, id, call, wants_reply, timeout } = request;
        session.context.begin(dialect.name(), *timeout);
        let start = out.len();
        dialect.begin_result(out);
        let mut reply = Reply::new(out);
        let outcome = run_guarded(&self.dispatch, call, &session.context, &mut reply);
        let name = reply.name().unwrap_or(call.method());
        if matches!(outcome, Ok(Progress::Blocks)) {
            out.truncate(start);
            return Answered::Blocks { id: id.map(str::to_owned) };
        }
        if !wants_reply && !matches!(outcome, Ok(Progress::Later(_))) {
            out.truncate(start);
            return Answered::Nothing;
        }
        let fault = match outcome {
            // A function that ends because nobody waits any more has no result worth the name, and a
            // caller that is slow to notice must not take it for one.
            Ok(Progress::Done) if session.context.is_late() => {
                late(call.method(), timeout.unwrap_or_default())
            }
            Ok(Progress::Done) if reply.is_sent() => {
                dialect.end_result(out, *id, name);
                let size = out.len() - start;
                if size <= session.limits.message {
                    return Answered::Reply;
                }
                too_large(call.method(), size, &session.limits)
            }
            Ok(Progress::Done) => Fault::new(
                code::INTERNAL_ERROR,
                format!("`{}` was run and sent no result", call.method()),
            ),
            Ok(Progress::Later(rest)) => {
                let name = name.to_owned();
                out.truncate(start);
                let reply = finish(request, name, session.limits, rest);
                let limit = timeout.map(|timeout| {
                    let mut reply = Vec::new();
                    dialect.write_fault(&mut reply, *id, &late(call.method(), timeout));
                    (timeout, reply)
                });
                return Answered::Later(Later {
                    reply: Box::pin(reply),
                    id: id.map(str::to_owned),
                    limit,
                });
            }
            Ok(Progress::Blocks) => Fault::new(code::INTERNAL_ERROR, "the call has no thread"),
            Err(fault) => fault,
        };
        out.truncate(start);
        dialect.write_fault(out, *id, &fault);
        Answered::Reply
    }
}

impl<D: Dispatch> Answer for JsonRpc<D> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        let mut request = Request::default();
        match read_call(message, &session.limits, &mut request) {
            Ok(Incoming::Cancel(id)) => Answered::Cancel { id: id.to_owned() },
            Ok(Incoming::Call) => {
                session.dialect = request.dialect;
                session.has_ids = request.id.is_some();
                self.run(&request, session, out)
            }
            Err(Unreadable::NotACall { dialect, id, fault }) => {
                dialect.write_fault(out, id, &fault);
                Answered::Reply
            }
            Err(Unreadable::Broken(error)) => {
                session.dialect.write_fault(out, None, &error.to_fault());
                Answered::Last
            }
        }
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        let mut request = Request::default();
        let (dialect, id) = match read_call(message, &session.limits, &mut request) {
            Ok(Incoming::Call) => (request.dialect, request.id),
            Err(Unreadable::NotACall { dialect, id, .. }) => (dialect, id),
            Ok(Incoming::Cancel(_)) | Err(Unreadable::Broken(_)) => (session.dialect, None),
        };
        dialect.write_fault(out, id, fault);
    }

    fn check(&self) -> Result<(), Misuse> {
        self.dispatch.check()
    }
}

/// Runs a call, and answers for it if it panics.
pub(crate) fn run_guarded(
    dispatch: &impl Dispatch,
    call: &Call<'_>,
    context: &CallContext,
    reply: &mut Reply<'_>,
) -> Result<Progress, Fault> {
    // The reply is cut off when the call fails, so nothing half-written is seen afterwards.
    let run = AssertUnwindSafe(|| dispatch.dispatch(call, context, reply));
    catch_unwind(run).unwrap_or_else(|_| Err(panicked(call.method())))
}

/// Runs the rest of an asynchronous call and puts its reply together.
fn finish(
    request: &Request<'_>,
    name: String,
    limits: Limits,
    rest: Deferred,
) -> impl Future<Output = Vec<u8>> + Send + use<> {
    let dialect = request.dialect;
    let id = request.id.map(str::to_owned);
    let method = request.call.method().to_owned();
    let wants_reply = request.wants_reply;
    async move {
        let mut out = Vec::new();
        let fault = match guarded(rest, &method).await {
            _ if !wants_reply => return out,
            Ok(result) => {
                dialect.begin_result(&mut out);
                out.extend_from_slice(result.as_bytes());
                dialect.end_result(&mut out, id.as_deref(), &name);
                if out.len() <= limits.message {
                    return out;
                }
                too_large(&method, out.len(), &limits)
            }
            Err(fault) => fault,
        };
        out.clear();
        dialect.write_fault(&mut out, id.as_deref(), &fault);
        out
    }
}

/// Runs the rest of an asynchronous call, and answers for it if it panics.
pub(crate) async fn guarded(mut rest: Deferred, method: &str) -> Result<String, Fault> {
    poll_fn(|task| {
        let poll = AssertUnwindSafe(|| rest.as_mut().poll(task));
        catch_unwind(poll).unwrap_or_else(|_| Poll::Ready(Err(panicked(method))))
    })
    .await
}

#[cold]
fn late(method: &str, timeout: Duration) -> Fault {
    Fault::new(code::TIMED_OUT, format!("`{method}` was not done within {timeout:?}"))
}

#[cold]
fn too_large(method: &str, size: usize, limits: &Limits) -> Fault {
    Fault::new(
        code::TOO_LARGE,
        format!("the reply of `{method}` takes {size} bytes, over the limit of {}", limits.message),
    )
}
