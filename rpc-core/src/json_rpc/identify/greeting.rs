//! The greeting: a call by which a stream's peer says who they are, for all calls behind it.

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Call, Fault, Limits};
use crate::registry::{CallContext, Dispatch, FunctionRegistry, Outcome, Reply};

/// Its name.
pub(in crate::json_rpc) const GREETING: &str = "rpc.authenticate";

/// What is said in it.
///
/// # Errors
///
/// Where that is not one text.
pub(in crate::json_rpc) fn said_in(call: &Call<'_>) -> Result<String, Fault> {
    let (positional, keyword) = (call.positional(), call.keyword());
    let by_name = keyword.iter().filter(|(name, _)| name == "authorization");
    let mut texts = positional.iter().chain(by_name.map(|(_, text)| text));
    let (text, more) = (texts.next(), texts.next());
    let given = positional.len() + keyword.len();
    let text = text.filter(|_| more.is_none() && given == 1).and_then(|text| {
        let mut reader = Reader::new(text, Limits::MAX_DEPTH);
        if reader.kind().ok()? != Kind::String {
            return None;
        }
        Some(reader.string().ok()?.resolve().into_owned())
    });
    text.ok_or_else(|| {
        Fault::invalid_params(format!(
            "`{GREETING}` takes one text, `authorization`: \"Bearer …\" or \"Basic …\""
        ))
    })
}

/// Answers a greeting with the name of whoever greeted.
pub(in crate::json_rpc) struct Greeted(pub(in crate::json_rpc) String);

impl Dispatch for Greeted {
    fn dispatch(&self, _: &Call<'_>, _: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        reply.send(&self.0).into()
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        None
    }

    fn registry(&self) -> Option<&FunctionRegistry> {
        None
    }
}
