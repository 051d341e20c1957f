//! Runs what one call asks for: a function, or `system.multicall`.

use crate::dialect::Request;
use crate::registry::{Dispatch, MULTICALL};

use super::answer::Answered;
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
    let Request { dialect, id, call, wants_reply, .. } = request;
    if call.method() == MULTICALL
        && let Some(checked) =
            json_rpc.dispatch.registry().and_then(|registry| registry.check_multicall(call))
    {
        return match checked.and_then(|()| multicall(json_rpc, request, budget, session, out)) {
            Ok(answered) => answered,
            Err(_) if !wants_reply => Answered::Nothing,
            Err(fault) => {
                write_fault(out, *dialect, *id, call.method(), budget, &fault);
                Answered::Reply
            }
        };
    }
    run_function(json_rpc, request, budget, session, out)
}
