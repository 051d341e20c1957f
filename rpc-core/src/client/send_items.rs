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
use super::uploads::{ByIterator, GivenItems, Parcel, Uploads};
use super::{FromError, Invocation};

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
        let call = connection.begin_upload(method, limit, patience(), |out| {
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
