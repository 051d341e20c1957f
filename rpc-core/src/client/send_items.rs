//! How a blocking client sends many items.

use std::mem;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::{Arguments, Credit};
use crate::transport::{Stream, Transport};

use super::deadline::Deadline;
use super::multiplexer::Multiplexer;
use super::rpc_client::RpcClient;
use super::uploads::{ByIterator, Converses, GivenItems, IntoItems, Parcel, Sending, Uploads};
use super::{FromError, Invocation, Items, Streaming};

impl<Tr, I, T> Uploads<I, T, ByIterator> for RpcClient<Tr>
where
    Tr: Transport,
    I: IntoIterator<Item = T>,
    T: Serialize,
{
    type Uploaded<R: DeserializeOwned + Send + 'static, E: FromError> = Result<R, E>;

    fn upload<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> Result<R, E> {
        let uploaded = if self.settings().has_streams() {
            self.upload_items(&invocation, items.into_iter())
        } else {
            given.fill(items);
            self.call(&invocation)
        };
        uploaded.map_err(E::from_error)
    }
}

impl<Tr: Transport> RpcClient<Tr> {
    fn upload_items<A: Arguments, T: Serialize, R: DeserializeOwned>(
        &self,
        invocation: &Invocation<'_, A>,
        mut items: impl Iterator<Item = T>,
    ) -> Result<R, Error> {
        let settings = self.settings();
        let (method, metadata) = (invocation.method(), invocation.metadata());
        settings.check_metadata(metadata)?;
        settings.check_size(invocation)?;
        let limit = invocation.timeout();
        let whole = limit.and_then(|limit| Deadline::after(Instant::now(), limit));
        // The time of a call begins anew with each wait.
        let patience = || {
            let limit = settings.call_timeout.filter(|_| limit.is_none());
            whole.or_else(|| Deadline::after(Instant::now(), limit?))
        };
        let connection = self.shared.connections.get(patience())?;
        let call = connection.begin_upload(method, limit, None, patience(), |out| {
            settings.begin_call(out, method, invocation.arguments(), metadata)
        })?;
        let given_up = GivenUp(&connection, call);
        let (mut parcel, mut is_last) = (Parcel::default(), false);
        while !is_last
            && let Some(credit) = connection.room(call, method, parcel.sent, patience())?
        {
            is_last = fill(&mut parcel, &mut items, credit)?;
            connection.send_items(call, &parcel.text, is_last, patience())?;
            parcel.text.clear();
        }
        mem::forget(given_up);
        connection.wait_uploaded(call, method, patience())
    }
}

impl<Tr, I, T> Converses<I, T, ByIterator> for RpcClient<Tr>
where
    Tr: Transport,
    I: IntoIterator<Item = T, IntoIter: Send + 'static>,
    T: Serialize,
{
    fn converse<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> Result<Items<Tr::Stream, R, E>, E> {
        if self.settings().has_streams() {
            let sending = Sending::new(items.into_source());
            return self.open_conversation(&invocation, sending).map_err(E::from_error);
        }
        given.fill(items);
        self.open(invocation)
    }
}

impl<Tr: Transport> RpcClient<Tr> {
    fn open_conversation<A: Arguments, R, E>(
        &self,
        invocation: &Invocation<'_, A>,
        sending: Sending,
    ) -> Result<Items<Tr::Stream, R, E>, Error> {
        let settings = self.settings();
        let (method, metadata) = (invocation.method(), invocation.metadata());
        settings.check_metadata(metadata)?;
        settings.check_size(invocation)?;
        let (sent_by, limit) = (self.deadline(invocation), invocation.timeout());
        let deadline = limit.and_then(|limit| Deadline::after(Instant::now(), limit));
        let window = settings.stream_window;
        let connection = self.shared.connections.get(sent_by)?;
        let call = connection.begin_upload(method, limit, Some(window), sent_by, |out| {
            settings.begin_call(out, method, invocation.arguments(), metadata)
        })?;
        Ok(Items::open(invocation.name(), window, connection, (call, Some(sending)), deadline))
    }
}

/// An upload that is given up when this is dropped.
struct GivenUp<'m, S: Stream>(&'m Multiplexer<S>, u64);

impl<S: Stream> Drop for GivenUp<'_, S> {
    fn drop(&mut self) {
        self.0.close_stream(self.1);
    }
}

/// Asks for items until some are to be sent; whether there are no more.
fn fill<T: Serialize>(
    parcel: &mut Parcel,
    items: &mut impl Iterator<Item = T>,
    credit: Credit,
) -> Result<bool, Error> {
    loop {
        if parcel.is_due(items.size_hint().0) || !credit.lets(parcel.sent) {
            return Ok(false);
        }
        match items.next() {
            Some(item) => parcel.add(&item)?,
            None => return Ok(true),
        }
    }
}
