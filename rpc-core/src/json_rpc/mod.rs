//! The layer between bytes and calls: reads a message, has it run, writes the reply.
//!
//! [`run`] runs what one call asks for, [`batch`] several calls that came in one message; [`later`] is what becomes
//! of those that take time.

mod answer;
mod array;
mod as_somebody;
mod aside;
mod batch;
mod budget;
mod call;
mod caller_limits;
mod come_again;
mod feed;
mod finished;
mod hook;
mod identify;
mod kept_arguments;
mod later;
mod layer;
mod limited;
mod listener;
#[cfg(feature = "mcp")]
mod mcp;
mod multicall;
mod reply;
mod run;
mod session;
mod side_by_side;
#[cfg(feature = "xmlrpc")]
mod xml_rpc;

pub use answer::{Answer, Answered};
pub(crate) use call::{run_guarded, too_late};
pub(crate) use come_again::come_again;
#[cfg(feature = "tokio")]
pub(crate) use feed::Said;
pub(crate) use feed::{Feed, Part};
pub use finished::FinishedCall;
pub use identify::{Asking, Found};
pub use kept_arguments::KeptArguments;
pub use later::Later;
pub use layer::JsonRpc;
#[cfg(feature = "tokio")]
pub(crate) use reply::{Order, Reply};
pub use session::Session;

use crate::dialect::{Dialect, Incoming, Rare, Request, Unreadable, read_call};
use crate::error::Misuse;
use crate::protocol::Fault;
use crate::registry::{Dispatch, Log, Upkeep};

use batch::answer_batch;
use budget::Budget;
use caller_limits::CallerLimits;
use hook::Hook;
use run::run;

impl<D: Dispatch> JsonRpc<D> {
    /// Answers what comes rarely, apart from what comes with every message.
    #[cold]
    #[inline(never)]
    fn answer_rare(
        &self,
        rare: Rare<'_>,
        request: &Request<'_>,
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Answered {
        let (metadata, stream, uploads) = match rare {
            Rare::Cancel(id) => return Answered::Cancel { id: id.to_owned() },
            Rare::OfStream(id, said) => return Answered::OfStream { id: id.to_owned(), said },
            // An error with its id would be taken for the failure of a call with that id.
            Rare::Reply => return Answered::Nothing,
            Rare::CallWith { metadata, stream, uploads } => (metadata, stream, uploads),
        };
        let Request { dialect, id, timeout, .. } = *request;
        session.note_caller(dialect, id.is_some());
        if let Some(fault) = session.disabled(dialect) {
            let what = (request.call.method(), id);
            self.tell_uncalled(&session.context, dialect, what, &fault);
            dialect.write_fault(out, id, &fault);
            return Answered::Reply;
        }
        let budget = Budget::of_message(&session.limits);
        session.context.begin(dialect.name(), timeout, budget.outer());
        run(self, request, &budget, &session.with(metadata, stream, uploads), out)
    }
}

impl<D: Dispatch> Answer for JsonRpc<D> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        #[cfg(feature = "mcp")]
        if let Some(mcp) = &self.mcp
            && let Some(way) = session.by_mcp()
        {
            return self.answer_mcp(mcp, way, message, session, out);
        }
        #[cfg(feature = "xmlrpc")]
        if session.dialect() == Dialect::XmlRpc {
            return self.answer_xml(message, session, out);
        }
        let mut request = Request::default();
        let (dialect, id, fault) = match read_call(message, &session.limits, &mut request) {
            Ok(Incoming::Rare(rare)) => return self.answer_rare(rare, &request, session, out),
            Ok(Incoming::Call) => {
                let Request { dialect, id, timeout, .. } = request;
                session.note_caller(dialect, id.is_some());
                if let Some(fault) = session.disabled(dialect) {
                    (dialect, id, fault)
                } else {
                    let budget = Budget::of_message(&session.limits);
                    session.context.begin(dialect.name(), timeout, budget.outer());
                    return run(self, &request, &budget, session, out);
                }
            }
            Ok(Incoming::Batch(elements)) => match session.disabled(Dialect::JsonRpc) {
                Some(fault) => (Dialect::JsonRpc, None, fault),
                None => return answer_batch(self, &elements, session, out),
            },
            Err(Unreadable::NotACall { dialect, id, fault }) => {
                session.context.unreadable(&fault.for_log());
                (dialect.unwrap_or(session.dialect()), id, fault)
            }
            Err(Unreadable::Broken(error)) => {
                session.context.unreadable(&error);
                let dialect = session.dialect_of_broken(message);
                let fault = error.to_fault();
                self.tell_refused(&session.context, dialect.name(), ("", None), &fault);
                dialect.write_fault(out, None, &fault);
                return Answered::Broken;
            }
        };
        let what = (request.call.method(), id);
        self.tell_uncalled(&session.context, dialect, what, &fault);
        dialect.write_fault(out, id, &fault);
        Answered::Reply
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        #[cfg(feature = "mcp")]
        if self.mcp.is_some() && session.by_mcp().is_some() {
            return self.refuse_mcp(message, fault, session, out);
        }
        #[cfg(feature = "xmlrpc")]
        if session.dialect() == Dialect::XmlRpc {
            let protocol = Dialect::XmlRpc.name();
            self.tell_refused(&session.context, protocol, ("", None), fault);
            return session.dialect().write_fault(out, None, fault);
        }
        let mut request = Request::default();
        let (dialect, id) = match read_call(message, &session.limits, &mut request) {
            Ok(Incoming::Call | Incoming::Rare(Rare::CallWith { .. })) => {
                (request.dialect, request.id)
            }
            Ok(Incoming::Batch(_)) => (Dialect::JsonRpc, None),
            Ok(Incoming::Rare(_)) => (session.dialect(), None),
            Err(Unreadable::NotACall { dialect, id, .. }) => {
                (dialect.unwrap_or(session.dialect()), id)
            }
            Err(Unreadable::Broken(_)) => (session.dialect_of_broken(message), None),
        };
        let what = (request.call.method(), id);
        self.tell_refused(&session.context, dialect.name(), what, fault);
        dialect.write_fault(out, id, fault);
    }

    fn cut_off(&self) {
        self.tell_cut_off();
    }

    fn check(&self) -> Result<(), Misuse> {
        #[cfg(feature = "mcp")]
        if let Some(mcp) = &self.mcp {
            mcp.catalog(self.dispatch.registry())?;
        }
        #[cfg(feature = "http")]
        self.check_cookies()?;
        self.check_caller_limits()?;
        self.hook.as_ref().map_or(Ok(()), Hook::check)?;
        self.check_kept_arguments()?;
        self.dispatch.check()
    }

    fn limits_of_processes(&self) -> Vec<&'static str> {
        self.caller_limits().map(CallerLimits::settings).unwrap_or_default()
    }

    fn log_to(&self, log: &Log) {
        if let Some(hook) = &self.hook {
            hook.log_to(log);
        }
    }

    fn upkeep(&self) -> Vec<Upkeep> {
        self.hook.as_ref().map(Hook::upkeep).unwrap_or_default()
    }
}
