//! Several calls in one message, answered in one reply: JSON-RPC 2.0, section 6.
//!
//! Plain functions run one after another, straight into the output. What is asynchronous or blocks
//! its thread is put aside meanwhile; those run side by side, and their replies are put into the gaps
//! they left, so that replies stand in the order of the calls.

use crate::dialect::{Dialect, Elements, Incoming, Rare, Request, Unreadable, read_element};
use crate::protocol::Fault;
use crate::registry::Dispatch;

use super::answer::Answered;
use super::array::Parts;
use super::as_somebody::identify_batch;
use super::budget::Budget;
use super::layer::JsonRpc;
use super::run::run;
use super::session::Session;

/// Answers the calls of a batch.
pub(super) fn answer_batch<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    elements: &Elements<'_>,
    session: &mut Session,
    out: &mut Vec<u8>,
) -> Answered {
    let Elements { texts, count } = elements;
    session.note_caller(Dialect::JsonRpc, false);
    let limit = session.limits.max_batch_calls;
    let refusal = match *count {
        0 => "a batch has at least one call".to_owned(),
        count if count > limit => format!(
            "a batch of {count} calls is over the limit of {limit}; send fewer at a time, or raise \
             `Limits::max_batch_calls`"
        ),
        _ => {
            if let Some(asks) = json_rpc.asks() {
                if let Some(asking) = identify_batch(asks, texts, session) {
                    let protocol = Dialect::JsonRpc.name();
                    return json_rpc.asks_first(asking, &session.context, protocol, ("", None));
                }
                session.is_part = true;
            }
            session.is_part |= json_rpc.caller_limits().is_some();
            let limits = &session.limits;
            let budget = Budget::of_message(limits).of_parts(*count, limits, 1);
            let mut parts = Parts::begin(*count, budget, out);
            for text in texts {
                let answered = answer_element(json_rpc, text, parts.budget(), session, out);
                parts.add(answered, out);
            }
            session.is_part = false;
            return parts.end(out);
        }
    };
    let fault = Fault::invalid_request(refusal);
    json_rpc.tell_refused(&session.context, Dialect::JsonRpc.name(), ("", None), &fault);
    Dialect::JsonRpc.write_fault(out, None, &fault);
    Answered::Reply
}

fn answer_element<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    text: &str,
    budget: &Budget,
    session: &mut Session,
    out: &mut Vec<u8>,
) -> Answered {
    let mut request = Request::default();
    let (id, fault) = match read_element(text, &session.limits, &mut request) {
        Ok(Incoming::Call) if request.dialect == Dialect::JsonRpc => {
            session.context.begin(request.dialect.name(), None, budget.outer());
            return run(json_rpc, &request, budget, session, out);
        }
        Ok(Incoming::Rare(Rare::CallWith { metadata, .. }))
            if request.dialect == Dialect::JsonRpc =>
        {
            session.context.begin(request.dialect.name(), None, budget.outer());
            return run(json_rpc, &request, budget, &session.with(metadata, None, false), out);
        }
        Ok(Incoming::Rare(Rare::Reply)) => return Answered::Nothing,
        Ok(_) => {
            let message = "a batch has calls of JSON-RPC 2.0 alone, with `jsonrpc` and `method`";
            (request.id, Fault::invalid_request(message))
        }
        Err(Unreadable::NotACall { id, fault, .. }) => {
            session.context.unreadable(&fault.for_log());
            (id, fault)
        }
        Err(Unreadable::Broken(error)) => (None, error.to_fault()),
    };
    let what = (request.call.method(), id);
    json_rpc.tell_uncalled(&session.context, Dialect::JsonRpc, what, &fault);
    Dialect::JsonRpc.write_fault(out, id, &fault);
    Answered::Reply
}
