//! Says who calls on a connection that threads share, and says it anew.

use std::time::Instant;

use serde::de::IgnoredAny;

use crate::error::Error;
use crate::transport::Stream;

use super::super::ClientBuilder;
use super::super::credentials::Credential;
use super::super::deadline::Deadline;
use super::super::greeting::{METHOD, failed, write};
use super::Multiplexer;

impl<S: Stream> Multiplexer<S> {
    /// Says who calls, and waits until the other side has taken it.
    pub(in crate::client) fn greet(
        &self,
        settings: &ClientBuilder,
        credential: &Credential,
        deadline: Option<Deadline>,
    ) -> Result<(), Error> {
        let mut state = self.state();
        let call =
            state.flight.send(METHOD, None, None, |_, out| write(settings, credential, out))?;
        state.flight.says(credential.generation, call);
        drop(self.flush(state, deadline));
        let taken = self.wait::<IgnoredAny>(call, METHOD, deadline);
        taken.map(drop).map_err(|error| failed(error, || self.doing(METHOD)))
    }

    /// Has those calls made with another credential that follow `call`, which was refused with the one there
    /// is. It can be sent again then.
    #[cold]
    pub(in crate::client) fn renew(
        &self,
        settings: &ClientBuilder,
        call: u64,
        deadline: Option<Deadline>,
    ) -> Result<(), Error> {
        let Some(credentials) = &settings.credentials else { return Ok(()) };
        if settings.websocket.is_some() {
            // It is said once, when a connection is opened.
            self.state().flight.leave();
            return Ok(());
        }
        let begun = Instant::now();
        let _alone = credentials.alone(deadline)?;
        let generation = match self.state().flight.said(call) {
            Ok(generation) => generation,
            Err(said) => return said,
        };
        let renewed = credentials.after_alone(generation, begun).and_then(|credential| {
            if settings.greets() { self.greet(settings, &credential, deadline) } else { Ok(()) }
        });
        self.state().flight.has_renewed(&renewed);
        renewed
    }
}
