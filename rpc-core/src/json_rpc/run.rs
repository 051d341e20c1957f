//! Runs one call and writes what becomes of it.

use std::future::{poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::dialect::{Dialect, Request};
use crate::protocol::{Call, Fault, OwnedCall, code};
use crate::registry::{CallContext, Deferred, Dispatch, Progress, Reply, panicked};

use super::later::{Later, Reply as Coming};
use super::multicall::multicall;
use super::room::Room;
use super::{Answered, Session};

/// Runs a call and appends its reply, which must find room.
pub(super) fn run<D: Dispatch>(
    dispatch: &Arc<D>,
    request: &Request<'_>,
    room: &Room,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    let Request { dialect, id, call, wants_reply, timeout } = request;
    let start = out.len();
    dialect.begin_result(out);
    let mut reply = Reply::new(out);
    let outcome = run_guarded(&**dispatch, call, &session.context, &mut reply);
    let name = reply.name().unwrap_or(call.method());
    let fault = match outcome {
        Ok(Progress::Later(rest)) => {
            let name = name.to_owned();
            out.truncate(start);
            let later = waiting(request, name, room, rest);
            return Answered::Later(in_time(later, request, &session.context));
        }
        Ok(Progress::Multicall) => {
            out.truncate(start);
            match multicall(dispatch, request, room, session, out) {
                Ok(answered) => return answered,
                Err(_) if !wants_reply => return Answered::Nothing,
                Err(fault) => fault,
            }
        }
        Ok(Progress::Blocks) => {
            out.truncate(start);
            return Answered::Later(blocking(Arc::clone(dispatch), request, room, session));
        }
        _ if !wants_reply => {
            out.truncate(start);
            return Answered::Nothing;
        }
        // A function that ends because nobody waits any more has no result worth the name, and a
        // caller that is slow to notice must not take it for one.
        Ok(Progress::Done) if session.context.is_late() => {
            too_late(call.method(), timeout.unwrap_or_default())
        }
        Ok(Progress::Done) if reply.is_sent() => {
            dialect.end_result(out, *id, name);
            let size = out.len() - start;
            if room.takes_result(size) {
                return Answered::Reply;
            }
            room.refusal(call.method(), size)
        }
        Ok(Progress::Done) => Fault::new(
            code::INTERNAL_ERROR,
            format!("`{}` was run and sent no result", call.method()),
        ),
        Err(fault) => fault,
    };
    out.truncate(start);
    write_fault(out, *dialect, *id, call.method(), room, &fault);
    Answered::Reply
}

fn write_fault(
    out: &mut Vec<u8>,
    dialect: Dialect,
    id: Option<&str>,
    method: &str,
    room: &Room,
    fault: &Fault,
) {
    let start = out.len();
    dialect.write_fault(out, id, fault);
    let size = out.len() - start;
    if fault.code() != code::TOO_LARGE && !room.takes_fault(size) {
        out.truncate(start);
        dialect.write_fault(out, id, &room.refusal(method, size));
    }
}

/// What a caller is told whose time is up.
#[cold]
fn too_late(method: &str, timeout: Duration) -> Fault {
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

/// What the reply of a call that outlives its message needs to know.
pub(super) struct Aside {
    dialect: Dialect,
    id: Option<String>,
    method: String,
    wants_reply: bool,
    room: Room,
}

impl Aside {
    pub(super) fn of(request: &Request<'_>, room: &Room) -> Self {
        Self {
            dialect: request.dialect,
            id: request.id.map(str::to_owned),
            method: request.call.method().to_owned(),
            wants_reply: request.wants_reply,
            room: room.clone(),
        }
    }

    /// Puts the reply together, of a result's text or a fault.
    pub(super) fn reply(&self, name: &str, outcome: Result<&[u8], Fault>) -> Vec<u8> {
        let Self { dialect, id, method, wants_reply, room } = self;
        let id = id.as_deref();
        let mut out = Vec::new();
        let fault = match outcome {
            _ if !wants_reply => return out,
            Ok(result) => {
                dialect.begin_result(&mut out);
                out.extend_from_slice(result);
                dialect.end_result(&mut out, id, name);
                if room.takes_result(out.len()) {
                    return out;
                }
                room.refusal(method, out.len())
            }
            Err(fault) => fault,
        };
        out.clear();
        write_fault(&mut out, *dialect, id, method, room, &fault);
        out
    }
}

/// Runs the rest of an asynchronous call and puts its reply together.
async fn finish(aside: Aside, name: String, rest: Deferred) -> Vec<u8> {
    let result = guarded(rest, &aside.method).await;
    aside.reply(&name, result.as_ref().map(String::as_bytes).map_err(Fault::clone))
}

/// Puts aside an asynchronous call.
#[inline(never)]
fn waiting(request: &Request<'_>, name: String, room: &Room, rest: Deferred) -> Later {
    Later::new(request.id, finish(Aside::of(request, room), name, rest))
}

/// Puts aside a call whose function blocks its thread, for one that may be blocked.
#[inline(never)]
fn blocking<D: Dispatch>(
    dispatch: Arc<D>,
    request: &Request<'_>,
    room: &Room,
    session: &Session,
) -> Later {
    let call = OwnedCall::of(&request.call);
    let aside = Aside::of(request, room);
    let timeout = request.timeout;
    let interest = Arc::new(());
    let session = session.that_may_block(&interest);
    let run = move || -> Coming {
        let Aside { dialect, id, wants_reply, room, .. } = aside;
        let mut out = Vec::new();
        // It has been read before, so it can be read.
        let Ok(call) = call.call() else {
            return Box::pin(ready(out));
        };
        let request = Request { dialect, id: id.as_deref(), call, wants_reply, timeout };
        match run(&dispatch, &request, &room, &session, &mut out) {
            Answered::Later(later) => later.reply(),
            _ => Box::pin(ready(out)),
        }
    };
    // Let go when nobody waits for the reply any more, and by that the function knows.
    Later::blocking(request.id, Box::new(run)).then(move |reply| {
        drop(interest);
        reply
    })
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

/// Runs the rest of an asynchronous call, and answers for it if it panics.
pub(crate) async fn guarded(mut rest: Deferred, method: &str) -> Result<String, Fault> {
    poll_fn(|task| {
        let poll = AssertUnwindSafe(|| rest.as_mut().poll(task));
        catch_unwind(poll).unwrap_or_else(|_| Poll::Ready(Err(panicked(method))))
    })
    .await
}
