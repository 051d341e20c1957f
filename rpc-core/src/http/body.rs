//! The bodies of requests, read within bounds, and of replies, written in parts.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
#[cfg(feature = "gzip")]
use hyper::StatusCode;

#[cfg(feature = "gzip")]
use crate::protocol::Fault;

use crate::protocol::{Share, reserve};

use super::items::Items;
use super::traffic::Running;

/// A body up to this size is small.
pub(super) const SMALL: usize = 64 * 1024;

/// Why a body has not been read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is larger than may be: bytes announced, or seen so far.
    TooLarge(usize),
    /// There is no memory for more of it.
    NoMemory,
    /// It breaks its coding, or the connection ended.
    Broken(String),
    /// It has been read, and is answered with this.
    #[cfg(feature = "gzip")]
    Refused(Box<(StatusCode, Fault)>),
}

/// Reads a whole body of at most `limit` bytes. One that announces more is not even begun; what has come of
/// a large one is of the budget of which `share` has a part.
pub(super) async fn read<B>(body: B, limit: usize, share: &mut Share) -> Result<Bytes, Unread>
where
    B: Body<Error: fmt::Display>,
{
    let mut body = pin!(body);
    let announced = body.size_hint().lower();
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Unread::TooLarge(announced));
    }
    let mut whole = Vec::new();
    while let Some(frame) = poll_fn(|task| body.as_mut().poll_frame(task)).await {
        let frame = frame.map_err(|error| Unread::Broken(error.to_string()))?;
        // What is not data is trailers, which say nothing here.
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let size = whole.len() + data.remaining();
        if size > limit {
            return Err(Unread::TooLarge(size));
        }
        // Mostly one frame is all, and then nothing is copied.
        if whole.is_empty() && body.is_end_stream() {
            return Ok(data.copy_to_bytes(data.remaining()));
        }
        if size > whole.capacity() {
            // Doubling keeps the cost of growing in proportion to what has really arrived.
            let room = size.max(2 * whole.capacity());
            let more = room - whole.len();
            if !(room <= SMALL || share.grow(room)) || !reserve(&mut whole, more) {
                return Err(Unread::NoMemory);
            }
        }
        while data.has_remaining() {
            let part = data.chunk();
            whole.extend_from_slice(part);
            let count = part.len();
            data.advance(count);
        }
    }
    Ok(whole.into())
}

/// Reads what is left of a body and makes nothing of it, where it says that it is small.
pub(super) async fn skip_small<B: Body>(mut body: Pin<&mut B>) {
    while body.size_hint().exact().is_some_and(|size| size <= SMALL as u64) && !body.is_end_stream()
    {
        if !matches!(poll_fn(|task| body.as_mut().poll_frame(task)).await, Some(Ok(_))) {
            return;
        }
    }
}

/// The body of a response: of an [`RpcService`](super::RpcService)'s, say.
#[derive(Debug, Default)]
pub struct ReplyBody {
    rest: Bytes,
    running: Option<Running>,
    /// What comes instead, where it comes by and by.
    items: Option<Box<Items>>,
}

impl ReplyBody {
    /// Bytes given away at a time.
    const PART: usize = 64 * 1024;

    /// The same, known as waiting to be taken until it has been.
    pub(super) fn held(self, mut running: Running) -> Self {
        running.waits(self.rest.len());
        if self.items.is_some() {
            running.begins_stream();
        }
        Self { running: Some(running), ..self }
    }
}

impl From<Vec<u8>> for ReplyBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self { rest: bytes.into(), running: None, items: None }
    }
}

impl From<Box<Items>> for ReplyBody {
    fn from(items: Box<Items>) -> Self {
        Self { items: Some(items), ..Self::default() }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = &mut *self;
        if body.rest.is_empty()
            && let Some(items) = &mut body.items
        {
            // The function may take its time for the next item, and hold this thread meanwhile: what there is goes first.
            if let Some(running) = &mut body.running {
                ready!(running.poll_written(task));
                running.waits(0);
            }
            body.rest = ready!(items.poll(task)).unwrap_or_default();
        }
        if body.rest.is_empty() {
            return Poll::Ready(None);
        }
        // The part given away last has been taken, or there would be no asking for another.
        let waiting = body.rest.len();
        if let Some(running) = &mut body.running {
            running.waits(waiting);
            if body.items.is_some() {
                running.gives();
            }
        }
        let part = body.rest.split_to(waiting.min(Self::PART));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.items.as_ref().is_none_or(|items| items.is_over())
    }

    fn size_hint(&self) -> SizeHint {
        if self.items.is_some() {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
