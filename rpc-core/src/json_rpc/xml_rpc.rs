//! XML-RPC at the edge: a message becomes a call like any other, and its result's text a reply.

use crate::dialect::xml_rpc::{
    Extensions, MethodCall, XmlRpcOptions, count_results, read_call, write_fault, write_result,
    write_results,
};
use crate::dialect::{Dialect, Request};
use crate::protocol::json::Reader;
use crate::protocol::{Fault, Limits, ProtocolError, code};
use crate::registry::{Dispatch, MULTICALL};

use super::answer::Answered;
use super::budget::Budget;
use super::layer::JsonRpc;
use super::run::run;
use super::session::Session;

impl<D> JsonRpc<D> {
    /// Sets how XML-RPC's callers are understood and answered.
    #[must_use]
    pub fn xml_rpc(mut self, options: XmlRpcOptions) -> Self {
        self.xml_rpc = options;
        self
    }
}

impl<D: Dispatch> JsonRpc<D> {
    /// Answers a message that is in XML-RPC.
    pub(super) fn answer_xml(
        &self,
        message: &[u8],
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Answered {
        let refuse = |method: &str, fault: &Fault| {
            let protocol = Dialect::XmlRpc.name();
            self.tell_refused(&session.context, protocol, (method, None), fault);
        };
        if let Some(fault) = session.disabled(Dialect::XmlRpc) {
            refuse("", &fault);
            write_fault(out, &fault);
            return Answered::Reply;
        }
        let call = match read_call(message, session.charset, &session.limits, self.xml_rpc) {
            Ok(call) => call,
            Err(fault) => {
                session.context.unreadable(&fault.for_log());
                refuse("", &fault);
                write_fault(out, &fault);
                let lives = fault.code() == code::INVALID_REQUEST;
                return if lives { Answered::Reply } else { Answered::Last };
            }
        };
        let request = match request(&call) {
            Ok(request) => request,
            Err(error) => {
                session.context.unreadable(&error);
                let fault = error.to_fault();
                refuse(&call.method, &fault);
                write_fault(out, &fault);
                return Answered::Last;
            }
        };
        // Its envelope and the list of results count as in the calls that are read.
        let budget = Budget::of_message(&session.limits).deeper();
        session.context.begin(Dialect::XmlRpc.name(), None, budget.outer());
        let mut reply = Vec::new();
        let answered = run(self, &request, &budget, session, &mut reply);
        let is_multicall = call.method == MULTICALL && self.answers_multicall(&request);
        let translation = Translation {
            extensions: call.extensions,
            budget,
            method: call.method,
            parts: is_multicall.then_some(session.limits),
        };
        match answered {
            Answered::Reply => {
                translation.write(out, &reply);
                Answered::Reply
            }
            Answered::Later(later) => Answered::Later(later.then(move |reply| {
                let mut out = Vec::new();
                translation.write(&mut out, &reply);
                out
            })),
            other => other,
        }
    }
}

impl<D: Dispatch> JsonRpc<D> {
    /// Whether `system.multicall` is ours, and no function that has its name.
    fn answers_multicall(&self, request: &Request<'_>) -> bool {
        let registry = self.dispatch.registry();
        registry.is_some_and(|registry| registry.check_multicall(&request.call).is_some())
    }
}

fn request(call: &MethodCall) -> Result<Request<'_>, ProtocolError> {
    let mut request = Request { dialect: Dialect::XmlRpc, ..Request::default() };
    request.call.method = call.method.as_str().into();
    request.call.positional.read(&mut Reader::new(&call.positional, Limits::MAX_DEPTH))?;
    request.call.keyword.read(&mut Reader::new(&call.keyword, Limits::MAX_DEPTH))?;
    Ok(request)
}

/// How a reply becomes XML.
struct Translation {
    extensions: Extensions,
    budget: Budget,
    method: String,
    /// The limits, where the result is that of `system.multicall`: the results of several calls.
    parts: Option<Limits>,
}

impl Translation {
    /// Appends a reply: a fault is XML already, and a result is JSON text.
    fn write(&self, out: &mut Vec<u8>, reply: &[u8]) {
        if reply.starts_with(b"<") {
            out.extend_from_slice(reply);
        } else if let Err(fault) = self.write_result(out, reply) {
            write_fault(out, &fault);
        }
    }

    /// What a layer has put in the place of a result is none.
    #[cold]
    fn broken(&self, error: &ProtocolError) -> Fault {
        let message = format!("`{}` has run, but its result is none: {error}", self.method);
        Fault::new(code::INTERNAL_ERROR, message)
    }

    fn write_result(&self, out: &mut Vec<u8>, json: &[u8]) -> Result<(), Fault> {
        let json = Reader::text(json).map_err(|error| self.broken(&error))?;
        let start = out.len();
        if let Some(limits) = &self.parts {
            let count = count_results(json).map_err(|error| self.broken(&error))?;
            // One more, for what is around them.
            let budget = self.budget.of_parts(count + 1, limits, 0);
            return write_results(out, json, self.extensions, |size| budget.takes(size)).map_err(
                |error| {
                    out.truncate(start);
                    self.broken(&error)
                },
            );
        }
        write_result(out, &self.method, json, self.extensions)?;
        let size = out.len() - start;
        if self.budget.takes(size) {
            return Ok(());
        }
        out.truncate(start);
        Err(self.budget.refusal(&self.method, size))
    }
}

#[cfg(test)]
mod tests;
