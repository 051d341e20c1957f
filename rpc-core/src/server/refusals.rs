//! Connections that there is no room for: told so, many at a time, without waiting for any.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::{Once, answer_once, answer_partial};
use crate::timing::LINGER;
use crate::transport::{AnyStream, Stream};

use super::busy::{Busy, PATIENCE};
use super::peer::{TurnedAway, is_unix};
use super::proxy_header::Awaited;
use super::refusal_limit::most_refusals;
use super::service::Service;
use super::unread_request::refuse_request;
#[cfg(feature = "http")]
use super::web_refusals::WebRefusals;

/// Connections that there is no room for. Whoever has them polls their sockets, and lets them have a
/// turn: none is waited for, so they cost the thread that accepts nothing but what they say.
pub(super) struct Refusals<A> {
    waiting: Vec<Refused>,
    /// Who goes on with those that speak HTTP; `None` where no thread may be made.
    #[cfg(feature = "http")]
    web: Option<WebRefusals<A>>,
    #[cfg(not(feature = "http"))]
    answer: std::marker::PhantomData<fn(A)>,
}

/// A connection that is turned away.
struct Refused {
    stream: Arc<AnyStream>,
    /// What a proxy is to say before anything else.
    awaited: Option<Awaited>,
    connection: Connection,
    session: Session,
    why: usize,
    /// Until when it may say what it wanted or, once it was answered, read that.
    due: Instant,
    answered: bool,
}

/// A message of which so much has come is not waited for.
const ENOUGH: usize = 64 * 1024;

impl<A: Answer> Refusals<A> {
    /// Starts with none, in a process that may make threads.
    pub(super) fn new() -> Self {
        Self {
            waiting: Vec::new(),
            #[cfg(feature = "http")]
            web: Some(WebRefusals::default()),
            #[cfg(not(feature = "http"))]
            answer: std::marker::PhantomData,
        }
    }

    /// The same in one that may not.
    pub(super) fn without_threads() -> Self {
        Self {
            #[cfg(feature = "http")]
            web: None,
            ..Self::new()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many descriptors they have.
    pub(super) fn count(&self) -> usize {
        #[cfg(feature = "http")]
        let by_http = self.web.as_ref().map_or(0, WebRefusals::count);
        #[cfg(not(feature = "http"))]
        let by_http = 0;
        self.waiting.len() + by_http
    }

    /// Begins to turn a connection away, for one of the `reasons` that turns are given. What has come
    /// already is answered at the next turn.
    pub(super) fn take(&mut self, stream: &Arc<AnyStream>, service: &Service<Busy<A>>, why: usize) {
        let may_wait = stream.socket().is_some_and(|socket| socket.set_nonblocking(true).is_ok());
        if self.count() >= most_refusals() || !may_wait {
            return;
        }
        let (peer, is_unix) = (stream.peer(), is_unix(stream));
        let Ok(awaited) = service.await_header(peer, is_unix) else { return };
        let stream = Arc::clone(stream);
        let proxies = service.proxies_of(peer, is_unix);
        let caller = TurnedAway::of(&stream, &service.trace, proxies);
        let (session, connection) = service.begin(peer, Some(Arc::new(caller)));
        let due = Instant::now() + PATIENCE;
        let refused = Refused { stream, awaited, connection, session, why, due, answered: false };
        self.waiting.push(refused);
    }

    /// Takes the older half of them what is left of their time, because others need their descriptors: at the
    /// next turn whoever has said something is answered, and whoever was, or is silent, is closed.
    pub(super) fn hurry(&mut self) {
        let (now, older) = (Instant::now(), self.waiting.len().div_ceil(2));
        for refused in self.waiting.iter_mut().take(older) {
            refused.due = now;
        }
    }

    /// Closes them in a copy of the process, where they are not turned away.
    pub(super) fn let_go(&mut self) {
        self.waiting.clear();
    }

    /// What is to be polled.
    pub(super) fn sockets(&self) -> impl Iterator<Item = Option<BorrowedFd<'_>>> {
        self.waiting.iter().map(|refused| refused.stream.socket().map(AsFd::as_fd))
    }

    /// How long there is nothing to do unless somebody says something.
    pub(super) fn limit(&self) -> Option<Duration> {
        let due = self.waiting.iter().map(|refused| refused.due).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// Answers those that were `found` to have said something, and ends those whose time is up.
    pub(super) fn turn(
        &mut self,
        found: impl IntoIterator<Item = bool>,
        reasons: &[&Service<Busy<A>>],
    ) {
        let now = Instant::now();
        let mut found = found.into_iter();
        for mut refused in std::mem::take(&mut self.waiting) {
            let is_late = refused.due <= now;
            if !found.next().unwrap_or_default() && !is_late {
                self.waiting.push(refused);
                continue;
            }
            let Some(service) = reasons.get(refused.why) else {
                continue;
            };
            match refused.go_on(service, is_late) {
                Ok(Goes::On) => self.waiting.push(refused),
                Ok(Goes::ByHttp) => self.go_on_by_http(refused, service),
                Ok(Goes::Away) | Err(_) => {}
            }
        }
    }

    fn go_on_by_http(&mut self, mut refused: Refused, service: &Service<Busy<A>>) {
        #[cfg(feature = "http")]
        if let Some(web) = &mut self.web
            && let Some(Ok(twin)) = refused.stream.twin()
        {
            let (_, next) = service.begin(None, None);
            let begun = std::mem::replace(&mut refused.connection, next);
            if web.take((twin, refused.session.clone(), begun), service) {
                return;
            }
        }
        let (_, next) = service.begin(None, None);
        let request = std::mem::replace(&mut refused.connection, next).into_received();
        let response = refuse_request(&request, &service.answer, &mut refused.session);
        refused.connection.say(|out| out.extend_from_slice(&response));
        if refused.say_last().is_ok() {
            self.waiting.push(refused);
        }
    }
}

/// What becomes of a connection.
enum Goes {
    /// It is not over.
    On,
    ByHttp,
    Away,
}

impl Refused {
    /// Reads what has come, and answers it. One that is `late` is answered with what there is.
    fn go_on<A: Answer>(&mut self, service: &Service<Busy<A>>, is_late: bool) -> io::Result<Goes> {
        if self.answered {
            return Ok(if is_late || self.skip()? { Goes::Away } else { Goes::On });
        }
        if let Some(awaited) = &mut self.awaited {
            match service.read_header(awaited, &self.stream, None)? {
                Some(header) => {
                    if let Some(source) = header.source {
                        self.session.context.came_from(source);
                    }
                    self.awaited = None;
                }
                None => return Ok(if is_late { Goes::Away } else { Goes::On }),
            }
        }
        let answer = &*service.answer;
        let ended = self.read()?;
        let (connection, session) = (&mut self.connection, &mut self.session);
        match answer_once(connection, session, answer, ended) {
            Once::Http => return Ok(Goes::ByHttp),
            Once::Answered => {}
            Once::Waits if connection.partial().len() > ENOUGH || is_late => {
                if !connection.is_partial() {
                    return Ok(Goes::Away);
                }
                answer_partial(connection, session, answer);
            }
            Once::Waits => return Ok(Goes::On),
        }
        self.say_last()?;
        Ok(Goes::On)
    }

    /// Reads what is there; whether the peer has ended its side.
    fn read(&mut self) -> io::Result<bool> {
        while self.connection.partial().len() <= ENOUGH {
            match self.stream.read(self.connection.room()) {
                Ok(0) => return Ok(true),
                Ok(count) => self.connection.received(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Plain text is refused in its own words, too.
                #[cfg(feature = "tls")]
                Err(error) if super::plain_text::is_plain(&error) => {}
                Err(error) => return Err(error),
            }
            if !self.connection.is_partial() {
                break;
            }
        }
        Ok(false)
    }

    /// Writes the last words, which a socket that nothing was written to has room for. The peer has some
    /// time to read them: bytes that nobody reads would make the operating system throw them away.
    fn say_last(&mut self) -> io::Result<()> {
        self.answered = true;
        self.due = Instant::now() + LINGER;
        self.stream.write(self.connection.output())?;
        self.connection.written();
        self.stream.shutdown(Shutdown::Write)
    }

    /// Reads what nobody wants any more; whether that was all.
    fn skip(&mut self) -> io::Result<bool> {
        const AT_ONCE: usize = 16;
        let mut rest = [0; 4096];
        for _ in 0..AT_ONCE {
            match self.stream.read(&mut rest) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}
