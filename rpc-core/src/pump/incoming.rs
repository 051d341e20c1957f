//! Reads what has come over a stream into a connection's buffer.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::unconstrained;

use crate::protocol::Connection;
use crate::transport::AsyncSocket;

use super::buffers;

/// Reads what is there, into a buffer that is lent until there is nothing to read.
pub(super) fn read(
    stream: Pin<&mut AsyncSocket>,
    connection: &mut Connection,
    task: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    buffers::lend(connection);
    let mut room = ReadBuf::new(connection.room());
    ready!(stream.poll_read(task, &mut room))?;
    let count = room.filled().len();
    connection.received(count);
    Poll::Ready(Ok(count))
}

/// Reads what has arrived, because nothing will be read later.
pub(super) async fn read_rest(
    stream: &mut AsyncSocket,
    connection: &mut Connection,
) -> io::Result<()> {
    // A task that has had its share of time would be told that nothing is there.
    unconstrained(poll_fn(|task| {
        while let Poll::Ready(count) = read(Pin::new(&mut *stream), connection, task)? {
            if count == 0 {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }))
    .await
}
