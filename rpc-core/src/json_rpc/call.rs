//! Runs one call and writes what becomes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::dialect::Request;
use crate::protocol::{Call, Fault, code};
use crate::registry::{
    CallContext, Dispatch, Outcome, Progress, Reply, caught, late_to_begin, panicked, tell_of_panic,
};

use super::answer::Answered;
use super::as_somebody::{As, identify};
use super::aside::{Aside, write_fault};
use super::budget::Budget;
use super::hook::{Begun, Counted, Hook, Unwatched, Watching};
use super::identify::{Greeted, Refused};
use super::later::Later;
use super::layer::JsonRpc;
use super::session::Session;

/// Runs the function that a call names and appends its reply, which must be within the budget.
#[inline]
pub(super) fn run_function<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    match &json_rpc.hook {
        None => run_unwatched(json_rpc, request, budget, session, out),
        Some(hook) if hook.only_counts() => run_counted(json_rpc, request, budget, session, out),
        Some(_) => run_told(json_rpc, request, budget, session, out),
    }
}

/// The same where nothing is done besides.
#[inline(never)]
fn run_unwatched<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    run_with(&json_rpc.dispatch, request, budget, session, out, &mut Unwatched)
}

/// The same where calls are counted and nobody is told of them.
#[inline(never)]
fn run_counted<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    let Some(hook) = &json_rpc.hook else {
        return run_unwatched(json_rpc, request, budget, session, out);
    };
    run_with(&json_rpc.dispatch, request, budget, session, out, &mut Counted::new(hook))
}

/// The same where somebody is told of them, it is asked who makes them, or they are limited.
#[cold]
#[inline(never)]
fn run_told<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    let mut begun = json_rpc.hook.as_ref().map(Hook::begin).unwrap_or_default();
    let asks = json_rpc.asks().filter(|_| session.identified.is_none());
    let made = match asks.map(|asks| identify(asks, request, session)) {
        Some(As::Later(asking)) => {
            let what = (request.call.method(), request.id);
            return json_rpc.asks_first(asking, &session.context, session.context.protocol(), what);
        }
        made => made,
    };
    let session = match &made {
        Some(As::Call(session) | As::Greeting(_, session)) => session,
        _ => session,
    };
    begun.note(request, &session.context, json_rpc.dispatch.registry());
    match &made {
        Some(As::Refused(fault)) => {
            run_refused(fault.clone(), request, budget, session, out, &mut begun)
        }
        Some(As::Greeting(name, _)) => {
            run_with(&Greeted(name.clone()), request, budget, session, out, &mut begun)
        }
        _ => run_limited(json_rpc, request, budget, session, out, begun),
    }
}

/// The same where it is known who calls, who may have made as many calls as they may.
fn run_limited<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
    mut begun: Begun<'_>,
) -> Answered {
    if let Some(limits) = json_rpc.caller_limits() {
        match limits.admit(&session.context, Instant::now()) {
            Ok(in_flight) => begun.hold(in_flight),
            Err(exceeded) => {
                let fault = exceeded.fault(request.call.method(), session);
                return run_refused(fault, request, budget, session, out, &mut begun);
            }
        }
    }
    run_with(&json_rpc.dispatch, request, budget, session, out, &mut begun)
}

/// The same of a call that is refused: it is written, told and counted as any other.
#[cold]
fn run_refused(
    fault: Fault,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
    watching: &mut impl Watching,
) -> Answered {
    run_with(&Refused(fault.refusing()), request, budget, session, out, watching)
}

#[expect(clippy::inline_always, reason = "each way of watching has code of its own")]
#[inline(always)]
fn run_with(
    dispatch: &impl Dispatch,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
    watching: &mut impl Watching,
) -> Answered {
    let Request { dialect, id, call, wants_reply, timeout } = request;
    let start = out.len();
    dialect.begin_result(out);
    let result = out.len();
    let mut reply = Reply::counted(out, watching.tally());
    let progress = run_guarded(dispatch, call, &session.context, &mut reply).into_progress();
    let name = reply.name().unwrap_or(call.method());
    let (is_sent, end) = (reply.is_sent(), out.len());
    let fault = match progress {
        Progress::Later(rest) => {
            let watch = watching.put_aside(rest.method());
            let aside = Aside::of(request, Arc::clone(rest.method()), name, budget)
                .called_by(session.context.whence())
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
            let context = &session.context;
            tell_of_panic(&fault, context.protocol(), || context.whence(), *id);
            Some(fault)
        }
        Progress::Cancelled => Some(too_late(call.method(), timeout.unwrap_or_default())),
    };
    let sent = || {
        let sent = out.get(result..end).and_then(|sent| std::str::from_utf8(sent).ok());
        sent.unwrap_or_default()
    };
    watching.end(call.method(), &session.context, fault.as_ref(), sent);
    if !wants_reply {
        out.truncate(start);
        return Answered::Nothing;
    }
    if let Some(fault) = fault {
        if fault.code() == code::UNAUTHENTICATED {
            session.answer_unauthenticated();
        }
        out.truncate(start);
        write_fault(out, *dialect, *id, call.method(), budget, &fault);
    }
    Answered::Reply
}

/// What a caller is told whose time is up.
#[cold]
pub(crate) fn too_late(method: &str, timeout: Duration) -> Fault {
    if timeout.is_zero() {
        return late_to_begin(method);
    }
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
#[expect(clippy::inline_always, reason = "a call in between costs 20 instructions for each")]
#[inline(always)]
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
