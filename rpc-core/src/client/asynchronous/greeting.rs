//! Says who calls on a connection that tasks share, and says it anew.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Instant;

use serde::de::IgnoredAny;
use tokio::time::timeout_at;

use crate::error::{Error, IoErrorKind, LayerError, Misuse};

use super::super::ClientBuilder;
use super::super::credentials::Credential;
use super::super::deadline::Deadline;
use super::super::greeting::{METHOD, failed, write};
use super::connection::Connection;
use super::shared::Shared;
use super::state::Message;

/// A greeting that is waited for, until this is dropped.
struct Waiting<'c> {
    connection: &'c Connection,
    call: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.connection.cancel(self.call);
    }
}

impl Connection {
    /// Says who calls, and waits until the other side has taken it.
    pub(super) async fn greet(
        &self,
        settings: &ClientBuilder,
        credential: &Credential,
        deadline: Option<Deadline>,
    ) -> Result<(), Error> {
        let mut bytes = Vec::new();
        write(settings, credential, &mut bytes).map_err(Misuse::Argument)?;
        let message = Message { method: METHOD, bytes: &bytes, timeout: None, deadline };
        let call = self.with(|state| {
            let call = state.queue(message, None)?;
            state.flight.says(credential.generation, call);
            Ok::<_, Error>(call)
        })?;
        let _waiting = Waiting { connection: self, call };
        let taken = poll_fn(|task| self.poll::<IgnoredAny>(call, METHOD, deadline, task)).await;
        taken.map(drop).map_err(|error| failed(error, || self.doing(METHOD)))
    }

    /// Has those calls made with another credential that follow `call`, which was refused with the one there
    /// is. It can be sent again then.
    async fn renew(&self, settings: &ClientBuilder, call: u64) -> Result<(), Error> {
        let Some(credentials) = &settings.credentials else { return Ok(()) };
        if settings.websocket.is_some() {
            // It is said once, when a connection is opened.
            self.with(|state| state.flight.leave());
            return Ok(());
        }
        let begun = Instant::now();
        let _alone = credentials.alone_async().await;
        let generation = match self.with(|state| state.flight.said(call)) {
            Ok(generation) => generation,
            Err(said) => return said,
        };
        let renewed = match credentials.after_alone_async(generation, begun).await {
            Ok(credential) if settings.greets() => {
                let deadline = Deadline::after(Instant::now(), settings.connect_timeout);
                self.greet(settings, &credential, deadline).await
            }
            other => other.map(drop),
        };
        self.with(|state| state.flight.has_renewed(&renewed));
        renewed
    }
}

impl Shared {
    /// The same in a task of its own, since one caller does it for all who wait, and one that is not polled
    /// must not hold up the others.
    pub(super) async fn renew(
        self: Arc<Self>,
        connection: Arc<Connection>,
        call: u64,
        deadline: Option<Deadline>,
    ) -> Result<(), Error> {
        let this = Arc::clone(&self);
        let renewing = tokio::spawn(async move { connection.renew(&this.settings, call).await });
        let renewed = match deadline {
            Some(deadline) => match timeout_at(deadline.at().into(), renewing).await {
                Ok(renewed) => renewed,
                Err(_) => return Err(self.failed(IoErrorKind::TimedOut(deadline.limit()), None)),
            },
            None => renewing.await,
        };
        renewed.unwrap_or_else(|ended| {
            Err(LayerError::new("asking for the client's credentials failed").because(ended).into())
        })
    }
}
