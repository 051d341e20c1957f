//! What a proxy says before a connection's first byte, read where that is read.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::json_rpc::Answer;
use crate::proxy::{Header, HeaderReader, Malformed, TrustedProxies};
use crate::timing::PROXY_HEADER;
use crate::transport::{AnyStream, Stream};

use super::service::Service;

/// Bytes that are read at a time, at most. They are looked at where they are.
const ROOM: usize = 512;

/// A header that is to come before anything else.
#[derive(Debug)]
pub(super) struct Awaited {
    reader: HeaderReader,
    limit: Duration,
    until: Instant,
    peer: Option<SocketAddr>,
}

/// Why there is no header.
enum Missing {
    /// The peer has closed the connection without a word.
    Nothing,
    /// It is none of the proxies that are believed.
    Stranger,
    Malformed(Malformed),
    Ended,
    /// It has not come within this.
    Late(Duration),
    Broken(io::Error),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("it said nothing"),
            Self::Stranger => f.write_str(
                "it is none of the trusted proxies, from which alone connections are taken here",
            ),
            Self::Malformed(Malformed(problem)) => f.write_str(problem),
            Self::Ended => f.write_str("it ended within its PROXY header"),
            Self::Late(limit) => write!(f, "no PROXY header came within {limit:?}"),
            Self::Broken(error) => write!(f, "its PROXY header could not be read: {error}"),
        }
    }
}

impl<A: Answer> Service<A> {
    /// Begins to wait for the header of a new connection, where connections begin with one. An error is a connection
    /// that is to be closed, of which the log has been told.
    pub(super) fn await_header(
        &self,
        peer: Option<SocketAddr>,
        is_unix: bool,
    ) -> io::Result<Option<Awaited>> {
        if !self.settings.proxies.takes_header {
            return Ok(None);
        }
        if self.proxies_of(peer, is_unix).is_none() {
            return Err(self.close_headless(peer, &Missing::Stranger));
        }
        let limit = self.settings.timeouts.idle.min(PROXY_HEADER);
        let until = Instant::now() + limit;
        Ok(Some(Awaited { reader: HeaderReader::default(), limit, until, peer }))
    }

    /// Goes on with reading a header, from what carries the connection; `None` where it is to be gone on with later: the
    /// `slice` of time is over, or nothing is there.
    pub(super) fn read_header(
        &self,
        awaited: &mut Awaited,
        stream: &AnyStream,
        slice: Option<Duration>,
    ) -> io::Result<Option<Header>> {
        let turn_ends = slice.map(|slice| Instant::now() + slice);
        awaited
            .read(stream.carrier(), turn_ends)
            .map_err(|missing| self.close_headless(awaited.peer, &missing))
    }

    #[cold]
    fn close_headless(&self, peer: Option<SocketAddr>, missing: &Missing) -> io::Error {
        // Whoever looks whether the port is open says nothing, and is nobody's concern.
        if !matches!(missing, Missing::Nothing) {
            let from = peer.map(|peer| format!(" from {peer}")).unwrap_or_default();
            self.say(&format!("a connection{from} was closed: {missing}"));
        }
        ErrorKind::ConnectionAborted.into()
    }

    /// The proxies that are believed, where this peer is one of them.
    pub(super) fn proxies_of(
        &self,
        peer: Option<SocketAddr>,
        is_unix: bool,
    ) -> Option<&Arc<TrustedProxies>> {
        self.settings.proxies.trusted_at(peer, is_unix)
    }
}

impl Awaited {
    /// Until when it must have come.
    #[cfg(unix)]
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Leaves it no more than so much time.
    pub(super) fn hurry(&mut self, limit: Duration) {
        self.limit = self.limit.min(limit);
        self.until = self.until.min(Instant::now() + self.limit);
    }

    fn read(
        &mut self,
        carrier: &AnyStream,
        turn_ends: Option<Instant>,
    ) -> Result<Option<Header>, Missing> {
        let mut room = [0; ROOM];
        loop {
            let now = Instant::now();
            let left = self.until.saturating_duration_since(now);
            if left.is_zero() {
                return Err(Missing::Late(self.limit));
            }
            let turn = turn_ends.map(|end| end.saturating_duration_since(now));
            if turn.is_some_and(|turn| turn.is_zero()) {
                return Ok(None);
            }
            let wait = turn.map_or(left, |turn| turn.min(left));
            carrier.set_read_timeout(Some(wait)).map_err(Missing::Broken)?;
            let room = &mut room[..self.reader.missing().min(ROOM)];
            match carrier.read(room) {
                Ok(count) => {
                    let read = room.get(..count).unwrap_or_default();
                    if let Some(header) = self.take(read)? {
                        return Ok(Some(header));
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(self.broken(error)),
            }
        }
    }

    /// Takes what was read; nothing is the end of the stream.
    fn take(&mut self, read: &[u8]) -> Result<Option<Header>, Missing> {
        match (read, self.reader.is_empty()) {
            ([], true) => Err(Missing::Nothing),
            ([], false) => Err(Missing::Ended),
            _ => self.reader.take(read).map_err(Missing::Malformed),
        }
    }

    fn broken(&self, error: io::Error) -> Missing {
        if self.reader.is_empty() { Missing::Nothing } else { Missing::Broken(error) }
    }
}

#[cfg(feature = "tokio")]
mod on_loop {
    use std::future::poll_fn;
    use std::io;
    use std::net::SocketAddr;
    use std::pin::pin;
    use std::task::Poll;

    use tokio::time::{Instant, sleep_until};

    use super::super::peer::is_unix_async;
    use super::{Answer, Awaited, Header, Missing, ROOM, Service};
    use crate::timing::LEFT;
    use crate::transport::AsyncSocket;

    impl<A: Answer> Service<A> {
        /// The header of a new connection that an event loop serves. When the service stops, it is not waited for long.
        pub(in crate::server) async fn header_of(
            &self,
            stream: &mut AsyncSocket,
            peer: Option<SocketAddr>,
        ) -> io::Result<Option<Header>> {
            let Some(mut awaited) = self.await_header(peer, is_unix_async(stream))? else {
                return Ok(None);
            };
            let (limit, until) = (awaited.limit, Instant::from_std(awaited.until));
            let mut alarm = pin!(sleep_until(until));
            let mut stopped = pin!(self.stop().stopped());
            let mut stops = false;
            let read = {
                let mut reading = pin!(awaited.read_async(stream));
                poll_fn(|task| {
                    if let Poll::Ready(read) = reading.as_mut().poll(task) {
                        return Poll::Ready(read);
                    }
                    if !stops && stopped.as_mut().poll(task).is_ready() {
                        stops = true;
                        alarm.as_mut().reset(until.min(Instant::now() + LEFT));
                    }
                    alarm.as_mut().poll(task).map(|()| Err(Missing::Late(limit)))
                })
                .await
            };
            match read {
                Ok(header) => Ok(Some(header)),
                // That it has not come is the server's own doing.
                Err(Missing::Late(_)) if stops => Err(io::ErrorKind::ConnectionAborted.into()),
                Err(missing) => Err(self.close_headless(peer, &missing)),
            }
        }
    }

    impl Awaited {
        async fn read_async(&mut self, stream: &mut AsyncSocket) -> Result<Header, Missing> {
            let mut room = [0; ROOM];
            loop {
                let room = &mut room[..self.reader.missing().min(ROOM)];
                let count = stream.read(room).await.map_err(|error| self.broken(error))?;
                if let Some(header) = self.take(room.get(..count).unwrap_or_default())? {
                    return Ok(header);
                }
            }
        }
    }
}
