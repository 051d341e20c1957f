//! Runs what one call asks for: a function, or `system.multicall`.

use crate::dialect::Request;
use crate::registry::{Dispatch, MULTICALL};

use super::answer::Answered;
use super::as_somebody::{As, identify};
use super::aside::write_fault;
use super::budget::Budget;
use super::call::run_function;
use super::layer::JsonRpc;
use super::multicall::multicall;
use super::session::Session;

/// Runs a call and appends its reply, which must be within the budget.
#[inline]
pub(super) fn run<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    if request.call.method() == MULTICALL
        && let Some(answered) = run_multicall(json_rpc, request, budget, session, out)
    {
        return answered;
    }
    run_function(json_rpc, request, budget, session, out)
}

/// Runs the calls of a `system.multicall`; `None` where a function has that name. What is rare stands
/// apart, so that other calls do not go through it.
#[cold]
#[inline(never)]
fn run_multicall<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Option<Answered> {
    let Request { dialect, id, call, wants_reply, .. } = request;
    let checked = json_rpc.dispatch.registry()?.check_multicall(call)?;
    // For all calls in it at once.
    let identified = match json_rpc.asks().filter(|_| session.identified.is_none()) {
        None => Ok(None),
        Some(asks) => match identify(asks, request, session) {
            As::Call(session) => Ok(Some(session)),
            As::Refused(fault) => Err(fault),
            As::Later(asking) => {
                let what = (call.method(), *id);
                return Some(json_rpc.asks_first(asking, &session.context, dialect.name(), what));
            }
            As::Greeting(..) => Ok(None),
        },
    };
    let answered = checked.and(identified).and_then(|identified| {
        multicall(json_rpc, request, budget, identified.as_deref().unwrap_or(session), out)
    });
    if let Err(fault) = &answered {
        json_rpc.tell_refused(&session.context, dialect.name(), (call.method(), *id), fault);
    }
    Some(match answered {
        Ok(answered) => answered,
        Err(_) if !wants_reply => Answered::Nothing,
        Err(fault) => {
            write_fault(out, *dialect, *id, call.method(), budget, &fault);
            Answered::Reply
        }
    })
}
