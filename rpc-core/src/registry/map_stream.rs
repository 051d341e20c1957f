//! A stream whose items are made of another's.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

/// Makes each item of a stream another, as generated code does with what it sends.
pub fn map_stream<S, F, T>(stream: S, map: F) -> MapStream<S, F>
where
    S: Stream + Unpin,
    F: FnMut(S::Item) -> T + Unpin,
{
    MapStream { stream, map }
}

/// What [`map_stream`] returns.
#[derive(Debug)]
pub struct MapStream<S, F> {
    stream: S,
    map: F,
}

impl<S, F, T> Stream for MapStream<S, F>
where
    S: Stream + Unpin,
    F: FnMut(S::Item) -> T + Unpin,
{
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { stream, map } = self.get_mut();
        Pin::new(stream).poll_next(context).map(|item| item.map(map))
    }
}
