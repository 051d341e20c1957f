//! Many connections on one thread, in turns: those whose peers are silent are set aside.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

#[cfg(feature = "http")]
use tokio::time::sleep;

use crate::json_rpc::Answer;
use crate::timing::ACCEPT_AGAIN;
use crate::transport::{Socket, Stream};

use super::bell::Bell;
use super::busy::Busy;
use super::conversation::{Conversation, Went};
use super::listener::Listener;
use super::process::{no_descriptor_is_left, readable_among};
use super::service::Service;
use super::stop::Open;

/// What a process that has connections gives others to accept the next one.
const AFTER_YOU: Duration = Duration::from_millis(1);

/// As many connections are open at one time; for each more, the one whose peer has been silent for longest
/// is given up. Functions may need descriptors, too.
const MOST: usize = 512;

/// As many are turned away at one time, besides.
const MOST_REFUSED: usize = 128;

/// Serves what comes to a listener, which does not block, until the service is stopped and its
/// connections have ended.
pub(super) struct Turns<'t, A> {
    service: &'t Service<A>,
    /// For connections of which their address has enough.
    no_place: Service<Busy<A>>,
    listener: &'t Listener,
    /// Can be read when the service is stopped, where the listener does not tell.
    bell: Option<BorrowedFd<'t>>,
    /// Whether other processes accept from the listener too.
    shared: bool,
    /// When somebody may be accepted again; the listener is not asked before.
    accepts_at: Option<Instant>,
    /// Those that may go on.
    ready: VecDeque<Box<Conversation>>,
    /// Those whose peers are silent.
    aside: VecDeque<Box<Conversation>>,
}

impl<'t, A: Answer> Turns<'t, A> {
    /// Starts for a thread that is alone at its listener.
    pub(super) fn new(service: &'t Service<A>, listener: &'t Listener) -> Self {
        Self {
            service,
            no_place: service.busy_for_address(),
            listener,
            bell: listener.bell().map(Bell::as_fd),
            shared: false,
            accepts_at: None,
            ready: VecDeque::new(),
            aside: VecDeque::new(),
        }
    }

    /// Starts for one of several processes at a listener; the `bell` tells that the service is stopped.
    pub(super) fn among_others(
        service: &'t Service<A>,
        listener: &'t Listener,
        bell: BorrowedFd<'t>,
    ) -> Self {
        Self { bell: Some(bell), shared: true, ..Self::new(service, listener) }
    }

    /// Serves.
    pub(super) fn run(mut self) {
        while let Some(mut conversation) = self.next() {
            let others = Others {
                listener: (!self.service.stop().is_stopping()).then(|| self.listener.as_fd()),
                shared: self.shared,
                conversations: [&self.ready, &self.aside],
                slice: self.service.settings.slice,
            };
            let went = if conversation.is_refused() {
                conversation.go_on(&self.no_place, Some(others.wait()))
            } else {
                conversation.go_on(self.service, Some(others.wait()))
            };
            match went {
                Went::Waits => self.aside.push_back(conversation),
                Went::Ended => {}
            }
        }
    }

    /// The next conversation that may go on; `None` when there will be none.
    fn next(&mut self) -> Option<Box<Conversation>> {
        loop {
            if let Some(conversation) = self.ready.pop_front() {
                return Some(conversation);
            }
            // Asked once: whoever stops the service in between is heard of by the listener or the bell.
            let stops = self.service.stop().is_stopping();
            if stops {
                while let Some(open) = self.service.open_rest() {
                    self.aside.extend(self.begin(open));
                }
                if self.aside.is_empty() {
                    return None;
                }
            }
            self.wait(!stops);
        }
    }

    fn begin(&self, open: Open) -> Option<Box<Conversation>> {
        Self::begin_with(self.service, open)
    }

    /// The same with what serves it, or refuses it.
    fn begin_with<B: Answer>(service: &Service<B>, open: Open) -> Option<Box<Conversation>> {
        Conversation::new(service, open, Some(service.settings.slice)).ok().map(Box::new)
    }

    /// Begins with a connection, or begins to turn it away.
    fn admit(&mut self, stream: Socket) -> Option<Box<Conversation>> {
        if let Some(place) = self.service.place_for(stream.peer()) {
            if self.ready.len() + self.aside.len() >= MOST && self.count(false) >= MOST {
                self.give_one_up();
            }
            return self.begin(self.service.open(stream).at(place));
        }
        if self.count(true) >= MOST_REFUSED {
            // A refusal that finds no room is a connection closed without a word.
            self.service.note_turned_away();
            return None;
        }
        self.service.note_refused();
        Self::begin_with(&self.no_place, self.service.open(stream))
    }

    /// How many are served, or only told that there is no room for them.
    fn count(&self, refused: bool) -> usize {
        let all = self.ready.iter().chain(&self.aside);
        all.filter(|conversation| conversation.is_refused() == refused).count()
    }

    /// Waits until somebody connects who is accepted, a peer has sent something, or its time is up.
    fn wait(&mut self, accepts: bool) {
        let now = Instant::now();
        let listener = (accepts && self.accepts_at.is_none()).then(|| self.listener.as_fd());
        let bell = self.bell.filter(|_| accepts);
        let due: Vec<_> = self.aside.iter().map(|aside| aside.due()).collect();
        let next = due.iter().flatten().copied().chain(self.accepts_at.filter(|_| accepts)).min();
        let limit = next.map(|next| next.saturating_duration_since(now));
        let streams = self.aside.iter().map(|aside| aside.socket().map(AsFd::as_fd));
        let found = readable_among([listener, bell].into_iter().chain(streams), limit);
        let now = Instant::now();
        let mut found = found.into_iter();
        let connects = found.next().unwrap_or_default();
        let _ = found.next();
        for ((conversation, due), found) in self.aside.split_off(0).into_iter().zip(due).zip(found)
        {
            if found || due.is_some_and(|due| due <= now) {
                self.ready.push_back(conversation);
            } else {
                self.aside.push_back(conversation);
            }
        }
        if accepts && self.may_accept(connects, now) {
            self.accept(now);
        }
    }

    /// Whether now is the time to accept. Where other processes can, one that has connections lets
    /// those go first that have none.
    fn may_accept(&mut self, connects: bool, now: Instant) -> bool {
        match self.accepts_at {
            Some(at) if at <= now => {
                self.accepts_at = None;
                true
            }
            Some(_) => false,
            None if connects && self.shared && self.has_any() => {
                self.accepts_at = Some(now + AFTER_YOU);
                false
            }
            None => connects,
        }
    }

    /// Makes room: gives up whoever has been silent for longest.
    fn give_one_up(&mut self) {
        if let Some(silent) = self.aside.iter_mut().find(|aside| !aside.is_given_up()) {
            silent.give_up();
        }
    }

    fn has_any(&self) -> bool {
        !self.ready.is_empty() || !self.aside.is_empty()
    }

    /// Accepts somebody; where nobody else will, and there are others to be served first, several.
    fn accept(&mut self, now: Instant) {
        const AT_ONCE: usize = 16;
        let count = if self.shared || !self.has_any() { 1 } else { AT_ONCE };
        for _ in 0..count {
            match self.listener.accept_now() {
                Ok(Some(stream)) => {
                    // Nobody waits for one that has not said anything yet.
                    let others = self.has_any();
                    let begun = self.admit(stream);
                    if others { &mut self.aside } else { &mut self.ready }.extend(begun);
                }
                Ok(None) => return,
                Err(error) => {
                    self.service.say_not_accepted(&error);
                    if no_descriptor_is_left(&error) {
                        self.give_one_up();
                    }
                    self.accepts_at = Some(now + ACCEPT_AGAIN);
                    return;
                }
            }
        }
    }
}

/// Whoever else could be served by the thread that serves a connection.
#[cfg_attr(not(feature = "http"), allow(dead_code))]
struct Others<'t> {
    listener: Option<BorrowedFd<'t>>,
    shared: bool,
    conversations: [&'t VecDeque<Box<Conversation>>; 2],
    slice: Duration,
}

impl Others<'_> {
    /// Is ready when somebody waits, and says for how long the connection may still be silent: a request
    /// that is on its way when it is closed is lost. One that ends soon looks for nobody.
    #[cfg(feature = "http")]
    async fn wait(&self) -> Duration {
        const SILENCE: Duration = Duration::from_millis(50);
        let mut pause = self.slice;
        loop {
            sleep(pause).await;
            let mut waits = self.is_anybody_there();
            if waits && self.shared {
                // Another process may be there for somebody who connects, if less soon than a free one.
                sleep(10 * AFTER_YOU).await;
                waits = self.is_anybody_there();
            }
            if waits {
                return self.slice.max(SILENCE);
            }
            pause = pause.saturating_mul(2).min(SILENCE).max(self.slice);
        }
    }

    /// Nothing is spoken that would have others wait.
    #[cfg(not(feature = "http"))]
    #[allow(clippy::unused_self)]
    fn wait(&self) -> std::future::Pending<Duration> {
        std::future::pending()
    }

    #[cfg(feature = "http")]
    fn is_anybody_there(&self) -> bool {
        let now = Instant::now();
        let others = || self.conversations.into_iter().flatten();
        let streams = others().map(|other| other.socket().map(AsFd::as_fd));
        others().any(|other| other.due().is_some_and(|due| due <= now))
            || readable_among([self.listener].into_iter().chain(streams), Some(Duration::ZERO))
                .contains(&true)
    }
}
