//! A call on its way to functions in the same process.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::dialect::write_metadata;
use crate::error::{Error, Misuse};
use crate::json_rpc::{run_guarded, too_late};
use crate::protocol::json::{Reader, decode};
use crate::protocol::{Arguments, ArrayWriter, Call, Fault, ObjectWriter, ProtocolError};
use crate::pump::wait;
use crate::registry::{CallContext, Dispatch, Progress, Reply, Rest, problem};

use super::Invocation;
use super::mock::InOrder;

/// A call on its way to functions in this process.
pub(super) struct LocalCall {
    method: String,
    args: Vec<u8>,
    kwargs: Vec<u8>,
    timeout: Option<Duration>,
    /// The text of an object of strings, where the call says something besides its arguments.
    metadata: Option<String>,
}

impl LocalCall {
    /// Writes the arguments of a call to what is to run it.
    pub(super) fn of<A: Arguments>(
        dispatch: &impl Dispatch,
        invocation: &Invocation<'_, A>,
    ) -> Result<Self, Error> {
        let in_order = dispatch.registry().and_then(|registry| InOrder::of(registry, invocation));
        let (mut args, mut kwargs) = (b"[".to_vec(), b"{".to_vec());
        let (mut array, mut object) = (ArrayWriter::new(&mut args), ObjectWriter::new(&mut kwargs));
        let written = match in_order {
            Some(arguments) => arguments.and_then(|ordered| ordered.write_positional(&mut array)),
            None => {
                let arguments = invocation.arguments();
                arguments
                    .write_positional(&mut array)
                    .and_then(|()| arguments.write_keyword(&mut object))
            }
        };
        written.map_err(Misuse::Argument)?;
        args.push(b']');
        kwargs.push(b'}');
        let method = invocation.method().to_owned();
        let metadata = invocation.metadata();
        let metadata = (!metadata.is_empty()).then(|| {
            let mut text = Vec::new();
            write_metadata(&mut text, metadata.iter());
            String::from_utf8_lossy(&text).into_owned()
        });
        Ok(Self { method, args, kwargs, timeout: invocation.timeout(), metadata })
    }

    /// Begins to run it: to its end, or until there is a rest that takes time.
    pub(super) fn begin(
        &self,
        dispatch: &impl Dispatch,
        mut context: CallContext,
    ) -> Result<Box<Rest>, Result<String, Fault>> {
        let broken = |error: ProtocolError| Err(error.to_fault());
        let args = Reader::text(&self.args).map_err(broken)?;
        let kwargs = Reader::text(&self.kwargs).map_err(broken)?;
        let call = Call::new(self.method.as_str(), args, kwargs).map_err(broken)?;
        context.begin("", self.timeout, 0);
        if let Some(metadata) = &self.metadata {
            context = context.saying(metadata);
        }
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out);
        Err(match run_guarded(dispatch, &call, &context, &mut reply).into_progress() {
            Progress::Done => Ok(reply.text().to_owned()),
            Progress::Failed(fault) => Err(fault),
            Progress::Cancelled => Err(self.too_late()),
            Progress::Later(rest) => return Ok(rest),
        })
    }

    /// Runs it to its end on this thread.
    pub(super) fn run(&self, dispatch: &impl Dispatch) -> Result<String, Fault> {
        let rest = match self.begin(dispatch, CallContext::default()) {
            Ok(rest) => rest.run(&|job| Box::pin(async { job() })),
            Err(ended) => return ended,
        };
        wait(rest, self.timeout).unwrap_or_else(|| Err(self.too_late()))
    }

    /// How long its caller waits.
    #[cfg(feature = "tokio")]
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    pub(super) fn too_late(&self) -> Fault {
        too_late(&self.method, self.timeout.unwrap_or_default())
    }

    /// What its caller asked for.
    pub(super) fn result<T: DeserializeOwned>(
        &self,
        ended: Result<String, Fault>,
    ) -> Result<T, Error> {
        let text = ended.map_err(Fault::not_refusing)?;
        decode(&text, true).map_err(|error| {
            let problem = problem(&text, &error);
            ProtocolError::Result { method: self.method.clone(), problem }.into()
        })
    }
}
