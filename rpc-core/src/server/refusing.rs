//! Turning connections away in a model where one thread accepts and others serve.

use std::io;
#[cfg(unix)]
use std::iter;
#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
#[cfg(unix)]
use std::time::Instant;

use crate::json_rpc::Answer;
use crate::timing::ACCEPT_AGAIN;

use super::accept::accept_from;
use super::busy::{Busy, Room};
use super::listener::Source;
#[cfg(unix)]
use super::process::{no_descriptor_is_left, readable_among};
#[cfg(unix)]
use super::refusals::Refusals;
use super::service::Service;
use super::stop::Open;

/// Turns connections away beside accepting others, on the thread that accepts.
pub(super) struct Refusing<A, const N: usize> {
    room: Room,
    reasons: [Service<Busy<A>>; N],
    #[cfg(unix)]
    refusals: Refusals<A>,
    /// Has what is no socket, and can only be waited for, turned away by a thread of its own.
    waiting: Option<SyncSender<(Open, usize)>>,
}

impl<A: Answer, const N: usize> Refusing<A, N> {
    pub(super) fn new(room: Room, reasons: [Service<Busy<A>>; N]) -> Self {
        Self {
            room,
            reasons,
            #[cfg(unix)]
            refusals: Refusals::new(),
            waiting: None,
        }
    }

    /// Waits for the next connection, as [`Service::accept`] does, and meanwhile goes on with those
    /// that are turned away.
    pub(super) fn accept<B: Answer>(
        &mut self,
        source: &Source,
        service: &Service<B>,
    ) -> Option<Open> {
        loop {
            #[cfg(unix)]
            self.wait_at(source);
            match service.try_accept(|| accept_from(source)) {
                Ok(open) => {
                    #[cfg(unix)]
                    if open.is_none() {
                        // What they have said by now is answered.
                        self.turn(iter::repeat(true));
                    }
                    return open;
                }
                Err(None) => {}
                Err(Some(error)) => self.pause(&error),
            }
        }
    }

    /// Goes on with those that are turned away until somebody connects, or none of them is left.
    #[cfg(unix)]
    fn wait_at(&mut self, source: &Source) {
        let Source::Socket(listener) = source else { return };
        let waits_at = [Some(listener.as_fd()), listener.bell().map(|bell| bell.as_fd())];
        while !self.refusals.is_empty() {
            let sockets = waits_at.into_iter().chain(self.refusals.sockets());
            let found = readable_among(sockets, self.refusals.limit());
            let is_awaited = found.iter().take(waits_at.len()).any(|found| *found);
            self.turn(found.into_iter().skip(waits_at.len()));
            if is_awaited {
                break;
            }
        }
    }

    /// Goes on with them where nobody can be accepted, until one of them is gone or it may be otherwise.
    /// What there is too little of may be their descriptors: nobody else lets go of those.
    #[cfg(unix)]
    fn pause(&mut self, error: &io::Error) {
        if no_descriptor_is_left(error) {
            self.refusals.hurry();
        }
        let (count, until) = (self.refusals.count(), Instant::now() + ACCEPT_AGAIN);
        while self.refusals.count() >= count {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let limit = self.refusals.limit().map_or(left, |limit| limit.min(left));
            let found = readable_among(self.refusals.sockets(), Some(limit));
            self.turn(found);
        }
    }

    #[cfg(not(unix))]
    fn pause(&mut self, _: &io::Error) {
        thread::sleep(ACCEPT_AGAIN);
    }

    #[cfg(unix)]
    fn turn(&mut self, found: impl IntoIterator<Item = bool>) {
        self.refusals.turn(found, self.reasons.each_ref().as_slice());
    }

    /// Turns a connection away, for one of the reasons.
    pub(super) fn take(&mut self, open: Open, why: usize) {
        let open = open.forget();
        if let Some(reason) = self.reasons.first() {
            reason.note_refused();
            // The first reason is that there is no room; whoever has another says it.
            if why == 0 {
                reason.say_refused(self.room);
            }
        }
        #[cfg(unix)]
        if open.stream().socket().is_some()
            && let Some(reason) = self.reasons.get(why)
        {
            return self.refusals.take(open.stream(), reason, why);
        }
        let waiting = self.waiting.get_or_insert_with(|| start(self.reasons.to_vec()));
        // A refusal that finds no room is a connection closed without a word.
        let _ = waiting.try_send((open, why));
    }
}

/// Starts the one thread that turns connections away which can only be waited for.
fn start<A: Answer>(reasons: Vec<Service<Busy<A>>>) -> SyncSender<(Open, usize)> {
    const WAITING: usize = 64;
    let (sender, receiver) = sync_channel::<(Open, usize)>(WAITING);
    let _ = thread::Builder::new().name("rpc refuser".to_owned()).spawn(move || {
        for (open, why) in receiver {
            if let Some(reason) = reasons.get(why) {
                reason.converse(open);
            }
        }
    });
    sender
}
