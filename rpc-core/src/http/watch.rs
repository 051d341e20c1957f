//! Sees to it that a connection ends when it should.

use std::error::Error as _;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::task::yield_now;
use tokio::time::{Sleep, sleep_until};

use crate::pump::Timeouts;

use super::traffic::{Late, Traffic};

/// Time between two looks at what nobody tells.
const LOOK: Duration = Duration::from_secs(30);

/// Whoever looks after one connection.
pub(super) struct Watch<'a> {
    pub(super) traffic: Arc<Traffic>,
    pub(super) timeouts: &'a Timeouts,
}

/// What a connection's task wakes up for.
enum Event {
    /// The connection has ended, and how.
    End(hyper::Result<()>),
    /// The server is about to stop.
    Stopping,
    /// The peer's time is up.
    Late(Late),
}

/// Whether a connection takes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// One more, if it has begun to arrive.
    Closing,
    /// No more.
    Closed,
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    Well,
    /// Its peer was late.
    Late(Late),
    /// A request of its cannot be read.
    Unread(hyper::Error),
}

/// How a connection ended that did not end well: what a peer sends concerns nobody else, and a stream that breaks
/// whoever has made it.
#[cold]
fn broken(error: hyper::Error) -> io::Result<Ended> {
    match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        // The peer has left before it could be told that nothing follows.
        Some(source) if source.kind() != ErrorKind::NotConnected => {
            Err(io::Error::new(source.kind(), error))
        }
        _ if error.is_parse() => Ok(Ended::Unread(error)),
        _ => Ok(Ended::Well),
    }
}

impl Watch<'_> {
    /// Runs the connection to its end, or to where its peer is late.
    ///
    /// # Errors
    ///
    /// Where the stream has broken.
    pub(super) async fn run<C: Future<Output = hyper::Result<()>>>(
        &self,
        mut connection: Pin<&mut C>,
        close: impl Fn(Pin<&mut C>),
        stopping: impl Future<Output = ()>,
        crowd: impl Future<Output = Duration>,
    ) -> io::Result<Ended> {
        let (mut stopping, mut crowd) = (pin!(stopping), pin!(crowd));
        let mut timeouts = *self.timeouts;
        let mut crowded = false;
        let mut stage = Stage::Open;
        let mut alarm = pin!(sleep_until(Instant::now().into()));
        loop {
            let event = poll_fn(|task| {
                if let Poll::Ready(end) = connection.as_mut().poll(task) {
                    return Poll::Ready(Event::End(end));
                }
                if stage == Stage::Open && stopping.as_mut().poll(task).is_ready() {
                    return Poll::Ready(Event::Stopping);
                }
                if stage == Stage::Closing && !self.traffic.is_in_head() {
                    stage = Stage::Closed;
                    close(connection.as_mut());
                    if let Poll::Ready(end) = connection.as_mut().poll(task) {
                        return Poll::Ready(Event::End(end));
                    }
                }
                if !crowded && let Poll::Ready(patience) = crowd.as_mut().poll(task) {
                    crowded = true;
                    timeouts.idle = timeouts.idle.min(patience);
                    self.traffic.crowd();
                    // One that has its requests side by side can be told at any time.
                    if stage == Stage::Open && self.traffic.is_multiplexed() {
                        return Poll::Ready(Event::Stopping);
                    }
                }
                self.poll_late(&timeouts, stage != Stage::Open, alarm.as_mut(), task)
                    .map(Event::Late)
            })
            .await;
            match event {
                Event::End(end) => return end.map_or_else(broken, |()| Ok(Ended::Well)),
                Event::Stopping => {
                    // What has arrived by now is answered: the runtime looks for it once more.
                    yield_now().await;
                    stage = Stage::Closing;
                    self.traffic.restart();
                }
                Event::Late(Late::Idle) if stage != Stage::Closed => {
                    stage = Stage::Closing;
                    self.traffic.restart();
                }
                Event::Late(late) => return Ok(Ended::Late(late)),
            }
        }
    }

    /// Waits until the peer is late.
    fn poll_late(
        &self,
        timeouts: &Timeouts,
        told: bool,
        mut alarm: Pin<&mut Sleep>,
        task: &mut Context<'_>,
    ) -> Poll<Late> {
        loop {
            let due = self.traffic.due(timeouts, told);
            if let Some((due, _)) = due
                && alarm.deadline() > due.into()
            {
                alarm.as_mut().reset(due.into());
            }
            // It may ring too early, after what it was set for has been put off; then it is set anew, not
            // at every message, and the clock is not looked at before.
            ready!(alarm.as_mut().poll(task));
            let now = Instant::now();
            let next = match due {
                Some((due, late)) if due <= now => return Poll::Ready(late),
                Some((due, _)) => due,
                // Streams of HTTP/2 begin and end without being heard of here, so this looks.
                None => now + timeouts.idle.min(timeouts.write).min(LOOK),
            };
            alarm.as_mut().reset(next.into());
        }
    }
}
