//! Looks ahead in what a peer has sent, where much of it waits and functions take their time: calls that were
//! cancelled meanwhile are not begun.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::task::unconstrained;

use crate::dialect::{Incoming, Request, read_call};
use crate::protocol::Connection;
use crate::transport::AsyncSocket;

use super::incoming::read;

/// Bytes of many calls, where they come with one read. What comes in less is run at once.
pub(super) const MANY: usize = 4 * 1024;

/// How a connection goes on that many calls have come over: the slower they are, the more often it looks.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When many came last.
    many: Option<Instant>,
    /// How many bytes of replies gather before it looks again, while it does not go on as usual.
    gathers: Option<usize>,
    since: Option<Instant>,
}

impl Pace {
    /// Whether to look, now that many calls have come: nothing is gained where they come one read after another.
    #[cold]
    pub(super) fn begin(&mut self) -> bool {
        const PAUSE: Duration = Duration::from_millis(10);
        const FIRST: usize = 256;
        let now = Instant::now();
        let before = self.many.replace(now);
        let looks = before.is_none_or(|before| now - before > PAUSE) && self.gathers.is_none();
        if looks {
            (self.gathers, self.since) = (Some(FIRST), Some(now));
        }
        looks
    }

    /// Whether to look again, now that replies have gathered: where that took long.
    pub(super) fn is_slow(&mut self, usual: usize) -> bool {
        const SLOW: Duration = Duration::from_millis(1);
        let (Some(gathers), Some(since)) = (self.gathers, self.since) else { return false };
        let now = Instant::now();
        let is_slow = now - since >= SLOW;
        let next = if is_slow { (gathers / 2).max(1) } else { gathers * 2 };
        self.gathers = (next < usual).then_some(next);
        self.since = Some(now);
        is_slow
    }

    /// Looks again soon: there is more than comes with one read, and more may be on its way.
    pub(super) fn hurry(&mut self) {
        self.gathers = Some(1);
    }

    /// Starts to take the time anew.
    pub(super) fn restart(&mut self) {
        self.since = Some(Instant::now());
    }

    /// How many bytes of replies gather, where that is not as usual.
    pub(super) fn gathers(&self) -> Option<usize> {
        self.gathers
    }
}

/// Reads what has come, as far as there is memory for it, and takes out the calls that were cancelled behind
/// them. Whether more has come than was known.
pub(super) async fn look_ahead(
    stream: &mut AsyncSocket,
    connection: &mut Connection,
) -> io::Result<bool> {
    const MOST: usize = 1024 * 1024;
    let known = connection.waits();
    // A task that has had its share of time would be told that nothing is there.
    let reading = poll_fn(|task| {
        while connection.waits() < MOST && connection.has_room() {
            match read(Pin::new(&mut *stream), connection, task) {
                Poll::Ready(Ok(1..)) => {}
                // The end comes up again when it is its turn.
                Poll::Ready(Ok(0)) | Poll::Pending => break,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    });
    unconstrained(reading).await?;
    let has_more = connection.waits() > known;
    take_out_cancelled(connection);
    Ok(has_more)
}

/// Takes out the calls that are cancelled by a message behind them.
fn take_out_cancelled(connection: &mut Connection) {
    let messages = connection.whole_messages();
    let mut cancelled = HashMap::new();
    for (place, message) in messages.iter().enumerate() {
        if let Some(id) = cancels(connection.message(&message.body)) {
            cancelled.insert(id.to_vec(), place);
        }
    }
    if cancelled.is_empty() {
        return;
    }
    let limits = *connection.limits();
    let is_cancelled = |place: usize, message: &[u8]| {
        let mut request = Request::default();
        matches!(read_call(message, &limits, &mut request), Ok(Incoming::Call))
            && request.id.is_some_and(|id| {
                cancelled.get(id.as_bytes()).is_some_and(|cancelled| *cancelled > place)
            })
    };
    let out: Vec<_> = messages
        .into_iter()
        .enumerate()
        .filter(|(place, message)| is_cancelled(*place, connection.message(&message.body)))
        .map(|(_, message)| message.whole)
        .collect();
    connection.take_out(&out);
}

/// The id of the call that a message cancels, in the form in which clients write it. Other forms are understood
/// when it is their turn.
fn cancels(message: &[u8]) -> Option<&[u8]> {
    message.trim_ascii_end().strip_prefix(b"{\"cancel\":")?.strip_suffix(b"}")
}

#[cfg(test)]
mod tests {
    use super::{Connection, Pace, take_out_cancelled};
    use crate::protocol::{Framing, Limits};

    fn messages(framing: Framing) -> (Connection, usize) {
        let mut bytes = Vec::new();
        let call = |id: &str| format!(r#"{{"method_name":"f","method_args":["{{"],"id":{id}}}"#);
        for message in [
            call("1"),
            call("2"),
            r#"{"cancel":3}"#.to_owned(),
            call("3"),
            call(r#""two""#),
            r#"{"cancel":1}"#.to_owned(),
            r#"{"cancel":"two"}"#.to_owned(),
            call("1"),
        ] {
            let start = bytes.len();
            framing.begin(&mut bytes);
            bytes.extend_from_slice(message.as_bytes());
            framing.end(&mut bytes, start);
        }
        // The last is not whole.
        bytes.pop();
        bytes.pop();
        let mut connection = Connection::new(Some(framing), Limits::default());
        connection.room()[..bytes.len()].copy_from_slice(&bytes);
        connection.received(bytes.len());
        (connection, bytes.len())
    }

    #[test]
    fn what_is_cancelled_later_is_taken_out() {
        for framing in [Framing::LengthPrefix, Framing::Raw, Framing::Header] {
            let (mut connection, before) = messages(framing);
            take_out_cancelled(&mut connection);
            assert!(connection.waits() < before);
            let mut ids = Vec::new();
            while let Some(message) = connection.next_message().unwrap() {
                let text = String::from_utf8_lossy(connection.message(&message)).into_owned();
                ids.extend(
                    text.split("\"id\":").nth(1).map(|id| id.trim_end_matches('}').to_owned()),
                );
            }
            assert_eq!(ids, ["2", "3"], "{framing:?}");
            assert!(connection.is_partial(), "{framing:?}");
        }
    }

    #[test]
    fn quick_calls_are_gathered_as_usual_soon() {
        let mut pace = Pace::default();
        assert!(pace.begin() && !pace.begin());
        let mut looks = 0;
        while pace.gathers().is_some() {
            pace.restart();
            pace.is_slow(64 * 1024);
            looks += 1;
            assert!(looks < 100);
        }
        assert!(!pace.is_slow(64 * 1024));
    }
}
