//! `system.multicall`: several calls in the argument of one, in every dialect.
//!
//! Each goes through all layers, as if it had come alone, and they run as those of a batch do: side
//! by side where they are asynchronous or block. What comes of one is an array with its result, or a
//! struct with `faultCode` and `faultString`.

use crate::dialect::{Dialect, FromServer, Request, read_reply};
use crate::protocol::json::{Kind, Reader, write};
use crate::protocol::{Call, Fault, Limits, ProtocolError, code};
use crate::registry::{Dispatch, MULTICALL};

use super::answer::Answered;
use super::array::Parts;
use super::aside::Aside;
use super::budget::Budget;
use super::call::{in_time, run_function};
use super::layer::JsonRpc;
use super::session::Session;

/// Runs the calls in the argument of `request` and appends the reply.
///
/// # Errors
///
/// Where the argument is no array of calls, or has too many.
pub(super) fn multicall<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    request: &Request<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Result<Answered, Fault> {
    let calls = calls_in(&request.call)?;
    let (count, limits) = (calls.len(), &session.limits);
    budget.takes_calls(count, limits).map_err(|left| too_many(count, left, limits))?;
    let mut array = Vec::new();
    let mut parts = Parts::begin(count, budget.of_parts(count, limits, 2), &mut array);
    let session = &session.within(parts.budget().outer());
    for call in calls {
        let answered = match call {
            Ok(call) => answer(json_rpc, call, parts.budget(), session, &mut array),
            Err(fault) => {
                json_rpc.tell_refused(
                    &session.context,
                    request.dialect.name(),
                    (MULTICALL, request.id),
                    &fault,
                );
                write_fault(&mut array, &fault);
                Answered::Reply
            }
        };
        parts.add(answered, &mut array);
    }
    let mut aside = Aside::of(request, MULTICALL.into(), MULTICALL, budget);
    let mut wrap = move |array: &[u8]| match Reader::text(array) {
        Ok(array) => aside.reply(Ok(array)),
        Err(error) => aside.reply(Err(error.to_fault())),
    };
    Ok(match parts.end(&mut array) {
        Answered::Later(later) => {
            let later = later.of_call(request.id).then(move |array| wrap(&array));
            Answered::Later(in_time(later, request, &session.context))
        }
        _ if !request.wants_reply => Answered::Nothing,
        // Of no calls there are no results.
        Answered::Nothing => {
            out.extend_from_slice(&wrap(b"[]"));
            Answered::Reply
        }
        _ => {
            out.extend_from_slice(&wrap(&array));
            Answered::Reply
        }
    })
}

#[cold]
fn too_many(count: usize, left: usize, limits: &Limits) -> Fault {
    let limit = limits.max_batch_calls;
    let others = match limit - left.min(limit) {
        0 => String::new(),
        others => format!(", beside {others} others in this message,"),
    };
    Fault::invalid_request(format!(
        "`{MULTICALL}` with {count} calls{others} is over the limit of {limit}; send fewer at a time, \
         or raise `Limits::max_batch_calls`"
    ))
}

/// The calls that stand in the argument, and the faults of those that are none.
fn calls_in<'a>(multicall: &Call<'a>) -> Result<Vec<Result<Call<'a>, Fault>>, Fault> {
    let by_name = multicall.keyword().iter().map(|(_, text)| text);
    let argument = multicall.positional().iter().chain(by_name).next().unwrap_or_default();
    let mut reader = Reader::new(argument, Limits::MAX_DEPTH);
    let mut calls = Vec::new();
    let read = reader.array(|reader| {
        calls.push(read_call(reader)?);
        Ok::<_, ProtocolError>(())
    });
    match read {
        Ok(()) => Ok(calls),
        Err(_) => Err(Fault::invalid_params(format!(
            "argument `calls` of `{MULTICALL}` must be an array of objects with `methodName` and \
             `params`"
        ))),
    }
}

fn read_call<'a>(reader: &mut Reader<'a>) -> Result<Result<Call<'a>, Fault>, ProtocolError> {
    let mut call = Call::default();
    let (mut has_name, mut well_formed) = (false, true);
    if reader.kind()? == Kind::Object {
        reader.object(|reader, key| {
            match (key.resolve().as_ref(), reader.kind()?) {
                ("methodName", Kind::String) => {
                    call.method = reader.string()?.resolve();
                    has_name = true;
                }
                ("params", Kind::Array) if call.positional().is_empty() => {
                    call.positional.read(reader)?;
                }
                ("params", Kind::Object) if call.keyword().is_empty() => {
                    call.keyword.read(reader)?;
                }
                (name, _) => {
                    well_formed &= !matches!(name, "methodName" | "params");
                    reader.value()?;
                }
            }
            Ok::<_, ProtocolError>(())
        })?;
    } else {
        reader.value()?;
    }
    Ok(if call.method() == MULTICALL {
        Err(Fault::invalid_request(format!("`{MULTICALL}` does not call itself")))
    } else if has_name && well_formed {
        Ok(call)
    } else {
        Err(Fault::invalid_request(
            "a call is an object with `methodName`, a string, and `params`, an array",
        ))
    })
}

/// Runs one of the calls and appends what comes of it.
fn answer<D: Dispatch>(
    json_rpc: &JsonRpc<D>,
    call: Call<'_>,
    budget: &Budget,
    session: &Session,
    out: &mut Vec<u8>,
) -> Answered {
    let request = Request { dialect: ALONE, call, ..Request::default() };
    let start = out.len();
    match run_function(json_rpc, &request, budget, session, out) {
        Answered::Later(later) => Answered::Later(later.then(|reply| {
            let mut out = Vec::new();
            translate(&mut out, &reply);
            out
        })),
        answered => {
            let reply = out.split_off(start);
            translate(out, &reply);
            answered
        }
    }
}

/// The dialect in which what comes of a call is said first.
const ALONE: Dialect = Dialect::NativeWithoutIds;

/// Appends a reply in the form it has among the results.
fn translate(out: &mut Vec<u8>, reply: &[u8]) {
    // The mark before a value is kept, which says of what type it is.
    if let Some(result) = reply.strip_prefix(b"{\"res\":") {
        out.push(b'[');
        out.extend_from_slice(result.strip_suffix(b"}").unwrap_or(result));
        out.push(b']');
        return;
    }
    let fault = match read_reply(ALONE, reply, Limits::default().max_depth) {
        Ok(FromServer::Reply(reply)) => reply.outcome.err(),
        _ => None,
    };
    let fault = fault.unwrap_or_else(|| match reply {
        [] => Fault::invalid_request("the call has no reply"),
        _ => {
            let message = "the function has run, but what came of it cannot be sent in a list";
            Fault::new(code::INTERNAL_ERROR, message)
        }
    });
    write_fault(out, &fault);
}

fn write_fault(out: &mut Vec<u8>, fault: &Fault) {
    #[derive(serde::Serialize)]
    struct Members<'f> {
        #[serde(rename = "faultCode")]
        code: i64,
        #[serde(rename = "faultString")]
        message: &'f str,
    }
    // A number and a text always have a JSON form.
    let _ = write(out, &Members { code: fault.code(), message: fault.message() });
}
