//! The task that moves a connection's bytes: what is queued out, replies in.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::sleep_until;

use crate::protocol::Inbound;
use crate::protocol::websocket::Side;
use crate::transport::AsyncSocket;

use super::super::ClientBuilder;
use super::super::lost::Lost;
use super::link::Link;

/// Drives a connection, from which `received` has been read already, until nobody needs it any more.
pub(super) async fn drive(
    mut stream: AsyncSocket,
    received: Vec<u8>,
    end: End,
    settings: ClientBuilder,
) {
    let link = &end.0;
    let mut inbound = Inbound::new(Some(settings.framing), Side::Client, &settings.limits);
    inbound.feed(&received);
    let (mut outgoing, mut written, mut awake) = (Vec::new(), 0, Vec::new());
    let mut alarm = pin!(sleep_until(Instant::now().into()));
    let mut alarm_is_set = None;

    let ended = poll_fn(|task| {
        loop {
            let orders = link.orders(&mut outgoing, task);
            if orders.is_over {
                return Poll::Ready(None);
            }
            if let Some(deadline) = orders.alarm {
                if alarm_is_set != Some(deadline.at()) {
                    alarm_is_set = Some(deadline.at());
                    alarm.as_mut().reset(deadline.at().into());
                }
                if alarm.as_mut().poll(task).is_ready() {
                    alarm_is_set = None;
                    link.expire();
                }
            }
            let mut waits = true;
            if written == 0 && !outgoing.is_empty() && !settings.is_fresh(&stream) {
                return Poll::Ready(Some(Lost::closed()));
            }
            if written < outgoing.len() {
                match Pin::new(&mut stream).poll_write(task, &outgoing[written..]) {
                    Poll::Ready(Ok(count)) => {
                        written += count;
                        link.wrote(count);
                        waits = false;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Lost::io(&error))),
                    Poll::Pending => {}
                }
                if written == outgoing.len() {
                    written = 0;
                    outgoing.clear();
                    outgoing.shrink_to(settings.limits.message);
                }
            }
            let mut room = ReadBuf::new(inbound.room());
            match Pin::new(&mut stream).poll_read(task, &mut room) {
                Poll::Ready(Ok(())) => match room.filled().len() {
                    0 => return Poll::Ready(link.end(&mut inbound).err()),
                    count => {
                        inbound.received(count);
                        if let Err(lost) = link.receive(&mut inbound, &mut awake) {
                            return Poll::Ready(Some(lost));
                        }
                        waits = false;
                    }
                },
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Lost::io(&error))),
                Poll::Pending => {}
            }
            if waits {
                return Poll::Pending;
            }
        }
    });
    if let Some(lost) = ended.await {
        link.lose(lost);
    }
    let words = link.last_words();
    if !words.is_empty() {
        let _ = stream.try_write(&words);
    }
}

/// Ends a connection for its callers however its driver ends, with its runtime for one, before it has
/// begun even.
pub(super) struct End(pub(super) Arc<Link>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.lose(Lost::closed());
    }
}
