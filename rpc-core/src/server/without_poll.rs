//! Many connections on one thread, where the operating system cannot tell which of them has something:
//! there is one at a time, and when its peer is silent while somebody else connects it is given up.

use std::time::Instant;

use crate::json_rpc::Answer;
use crate::timing::LINGER;
use crate::transport::AnyStream;

use super::conversation::{Conversation, NOBODY, Went};
use super::listener::Listener;
use super::service::Service;
use super::stop::Open;

/// Serves what comes to a listener until the service is stopped and its connections have ended.
pub(super) struct Turns<'t, A> {
    service: &'t Service<A>,
    listener: &'t Listener,
}

impl<'t, A: Answer> Turns<'t, A> {
    /// Starts for a thread that is alone at its listener.
    pub(super) fn new(service: &'t Service<A>, listener: &'t Listener) -> Self {
        Self { service, listener }
    }

    /// Serves.
    pub(super) fn run(self) {
        let slice = self.service.settings.slice;
        let mut next = self.accept();
        while let Some(open) = next.take() {
            if let Ok(mut conversation) = Conversation::new(self.service, open, Some(slice)) {
                while conversation.go_on(self.service, NOBODY) == Went::Waits {
                    next = self.service.accept_now(self.listener);
                    if next.is_some() {
                        self.give_up(conversation);
                        break;
                    }
                }
            }
            next = next.or_else(|| self.accept());
        }
    }

    fn accept(&self) -> Option<Open> {
        self.service.accept_with(|| self.listener.accept().map(AnyStream::Socket))
    }

    /// Ends a conversation as when the service stops, and soon.
    fn give_up(&self, mut conversation: Conversation) {
        conversation.give_up();
        let begun = Instant::now();
        while conversation.go_on(self.service, NOBODY) == Went::Waits && begun.elapsed() < LINGER {}
    }
}
