//! XML-RPC at the edge: a message becomes a call like any other, and its result's text a reply.

use crate::dialect::xml_rpc::{
    Extensions, MethodCall, XmlRpcOptions, read_call, write_fault, write_result,
};
use crate::dialect::{Dialect, Request};
use crate::protocol::json::Reader;
use crate::protocol::{Fault, Limits, ProtocolError, code};
use crate::registry::Dispatch;

use super::{Answered, JsonRpc, Later, Session, too_large};

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
        let call = match read_call(message, session.charset, &session.limits, self.xml_rpc) {
            Ok(call) => call,
            Err(fault) => {
                write_fault(out, &fault);
                let lives = fault.code() == code::INVALID_REQUEST;
                return if lives { Answered::Reply } else { Answered::Last };
            }
        };
        let request = match request(&call) {
            Ok(request) => request,
            Err(error) => {
                write_fault(out, &error.to_fault());
                return Answered::Last;
            }
        };
        let translation =
            Translation { extensions: call.extensions, limit: session.limits.message };
        let mut reply = Vec::new();
        match self.run(&request, session, &mut reply) {
            Answered::Reply => {
                translation.write(out, &reply, &call.method);
                Answered::Reply
            }
            Answered::Later(later) => {
                let (method, rest) = (call.method, later.reply);
                let reply = async move {
                    let mut out = Vec::new();
                    translation.write(&mut out, &rest.await, &method);
                    out
                };
                Answered::Later(Later { reply: Box::pin(reply), ..later })
            }
            other => other,
        }
    }
}

fn request(call: &MethodCall) -> Result<Request<'_>, ProtocolError> {
    let mut request = Request { dialect: Dialect::XmlRpc, ..Request::default() };
    request.call.method = call.method.as_str().into();
    request.call.positional.read(&mut Reader::new(&call.positional, Limits::DEEPEST))?;
    request.call.keyword.read(&mut Reader::new(&call.keyword, Limits::DEEPEST))?;
    Ok(request)
}

/// How a reply becomes XML.
#[derive(Clone, Copy)]
struct Translation {
    extensions: Extensions,
    limit: usize,
}

impl Translation {
    /// Appends a reply: a fault is XML already, and a result is JSON text.
    fn write(self, out: &mut Vec<u8>, reply: &[u8], method: &str) {
        if reply.starts_with(b"<") {
            out.extend_from_slice(reply);
        } else if let Err(fault) = self.write_result(out, reply, method) {
            write_fault(out, &fault);
        }
    }

    fn write_result(self, out: &mut Vec<u8>, json: &[u8], method: &str) -> Result<(), Fault> {
        let json = Reader::text(json).map_err(|error| error.to_fault())?;
        let start = out.len();
        write_result(out, json, self.extensions)?;
        let size = out.len() - start;
        if size <= self.limit {
            return Ok(());
        }
        out.truncate(start);
        Err(too_large(method, size, self.limit))
    }
}

#[cfg(test)]
mod tests;
