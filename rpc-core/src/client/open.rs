//! How a blocking client opens a stream.

use std::thread;
use std::time::Instant;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;
use crate::transport::Transport;

use super::deadline::Deadline;
use super::rpc_client::RpcClient;
use super::tries::Tries;
use super::{FromError, Invocation, Items, Streaming};

impl<T: Transport> Streaming for RpcClient<T> {
    type Items<R: DeserializeOwned + Send + 'static, E: FromError> = Items<T::Stream, R, E>;
    type Opened<R: DeserializeOwned + Send + 'static, E: FromError> =
        Result<Items<T::Stream, R, E>, E>;

    fn open<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<Items<T::Stream, R, E>, E> {
        let unsubscribe = self.settings().unsubscribe(&invocation);
        let opened = if self.settings().has_streams() || unsubscribe.is_some() {
            self.open_stream(&invocation, unsubscribe.as_deref())
        } else {
            self.have_all(&invocation)
        };
        opened.map_err(E::from_error)
    }
}

impl<T: Transport> RpcClient<T> {
    fn open_stream<A: Arguments, R, E>(
        &self,
        invocation: &Invocation<'_, A>,
        unsubscribe: Option<&str>,
    ) -> Result<Items<T::Stream, R, E>, Error> {
        // That of calls bounds how long it takes to be sent, and no stream.
        let sent_by = self.deadline(invocation);
        let limit = invocation.timeout();
        let deadline = limit.and_then(|limit| Deadline::after(Instant::now(), limit));
        let mut tries = Tries::default();
        loop {
            match self.send_open(invocation, unsubscribe, sent_by, deadline) {
                Ok(items) => return Ok(items),
                // It cannot have been sent.
                Err(error) => {
                    if let Some(wait) = tries.again(error, false, sent_by)? {
                        thread::sleep(wait);
                    }
                }
            }
        }
    }

    fn send_open<A: Arguments, R, E>(
        &self,
        invocation: &Invocation<'_, A>,
        unsubscribe: Option<&str>,
        sent_by: Option<Deadline>,
        deadline: Option<Deadline>,
    ) -> Result<Items<T::Stream, R, E>, Error> {
        let settings = self.settings();
        let (method, metadata) = (invocation.method(), invocation.metadata());
        let (timeout, window) = (invocation.timeout(), settings.stream_window);
        settings.check_metadata(metadata)?;
        settings.check_size(invocation)?;
        let connection = self.shared.connections.get(sent_by)?;
        let sent = connection.open(method, timeout, window, sent_by, unsubscribe, |out| {
            settings.begin_call(out, method, invocation.arguments(), metadata)
        });
        let (connection, call) = match sent {
            Ok(call) => (connection, call),
            Err(error) => {
                let folded = self.fold(error, invocation, sent_by)?;
                let connection = self.shared.connections.get(sent_by)?;
                let call =
                    connection.open(method, timeout, window, sent_by, unsubscribe, |out| {
                        settings.begin_call(out, method, &folded, metadata)
                    })?;
                (connection, call)
            }
        };
        Ok(Items::open(invocation.name(), window, connection, (call, None), deadline))
    }

    /// Makes a call whose result is all items.
    fn have_all<A: Arguments, R, E>(
        &self,
        invocation: &Invocation<'_, A>,
    ) -> Result<Items<T::Stream, R, E>, Error> {
        Items::whole(invocation.name(), self.call(invocation))
    }
}
