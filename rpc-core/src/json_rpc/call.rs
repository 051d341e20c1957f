//! Runs one call and writes what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use crate::dialect::Request;
use crate::protocol::{Call, Fault, code};
use crate::registry::{
    CallContext, Dispatch, Ended, Outcome, Progress, Reply, caught, panicked, tell_of_panic,
};

use super::answer::Answered;
use super::aside::{Aside, write_fault};
use super::budget::Budget;
use super::hook::Hook;
use super::later::Later;
use super::layer::JsonRpc;
use super::session::Session;

/// Runs the function that a call names and appends its reply, which must be within the budget.
pub(super) fn run_function<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    let Request { dialect, id, call, wants_reply, timeout } = request;
    let begun = json_rpc.hook.as_ref().map(Hook::begin);
    let start = out.len();
    dialect.begin_result(out);
    let result = out.len();
    let mut reply = Reply::new(out);
    let progress =
        run_guarded(&json_rpc.dispatch, call, &session.context, &mut reply).into_progress();
    let name = reply.name().unwrap_or(call.method());
    let (is_sent, end) = (reply.is_sent(), out.len());
    let fault = match progress {
        Progress::Later(rest) => {
            let watch = begun.map(|begun| begun.put_aside(rest.method(), &session.context));
            let aside = Aside::of(request, Arc::clone(rest.method()), name, budget)
                .called_by(session.context.peer())
                .watched(watch);
            out.truncate(start);
            let later = Later::call(aside, rest);
            return Answered::Later(in_time(later, request, &session.context));
        }
        Progress::Done if !wants_reply => None,
        Progress::Done if is_sent => {
            dialect.end_result(out, *id, name);
            let size = out.len() - start;
            (!budget.takes(size)).then(|| budget.refusal(call.method(), size))
        }
        Progress::Done => Some(Fault::new(
            code::INTERNAL_ERROR,
            format!("`{}` was run and sent no result", call.method()),
        )),
        Progress::Failed(fault) => {
            tell_of_panic(&fault, session.context.protocol(), session.context.peer(), *id);
            Some(fault)
        }
        Progress::Cancelled => Some(too_late(call.method(), timeout.unwrap_or_default())),
    };
    if let Some(begun) = begun {
        let sent = out.get(result..end).and_then(|sent| std::str::from_utf8(sent).ok());
        let ended = fault.as_ref().map_or(Ended::Returned(sent.unwrap_or_default()), Ended::Failed);
        begun.end(call.method(), &session.context, ended);
    }
    if !wants_reply {
        out.truncate(start);
        return Answered::Nothing;
    }
    if let Some(fault) = fault {
        out.truncate(start);
        write_fault(out, *dialect, *id, call.method(), budget, &fault);
    }
    Answered::Reply
}

/// What a caller is told whose time is up.
#[cold]
pub(crate) fn too_late(method: &str, timeout: Duration) -> Fault {
    Fault::new(code::TIMED_OUT, format!("`{method}` was not done within {timeout:?}"))
}

/// Waits for a reply no longer than its caller does. One that comes after that, because a function was
/// slow to look at the clock or nothing else could, is none.
pub(super) fn in_time(later: Later, request: &Request<'_>, context: &CallContext) -> Later {
    let Some(timeout) = request.timeout else {
        return later;
    };
    let mut late = Vec::new();
    if request.wants_reply {
        let fault = too_late(request.call.method(), timeout);
        request.dialect.write_fault(&mut late, request.id, &fault);
    }
    let (context, instead) = (context.clone(), late.clone());
    later.within(timeout, late).then(move |reply| if context.is_late() { instead } else { reply })
}

/// Runs a call, and answers for a layer if it panics.
#[inline]
pub(crate) fn run_guarded(
    dispatch: &impl Dispatch,
    call: &Call<'_>,
    context: &CallContext,
    reply: &mut Reply<'_>,
) -> Outcome {
    // A registry answers for its functions itself.
    if dispatch.inner().is_none() && dispatch.registry().is_some() {
        return dispatch.dispatch(call, context, reply);
    }
    // A layer may send a result of its own.
    reply.goes_to(context);
    // The reply is cut off when the call fails, so nothing half-written is seen afterwards.
    let outcome = caught(|| dispatch.dispatch(call, context, reply));
    outcome.unwrap_or_else(|| panicked(call.method()).into())
}
