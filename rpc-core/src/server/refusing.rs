//! Turning connections away in a model where one thread accepts and others serve.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::json_rpc::Answer;

use super::busy::{Busy, Room};
use super::listener::Source;
#[cfg(unix)]
use super::process::readable_among;
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
        #[cfg(unix)]
        if let Source::Socket(listener) = source {
            use std::os::fd::AsFd;

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
        let open = service.accept(source);
        #[cfg(unix)]
        if open.is_none() {
            // What they have said by now is answered.
            self.turn(std::iter::repeat(true));
        }
        open
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
