//! Many connections on one thread, where the operating system cannot tell which of them has something:
//! there is one at a time, and when its peer is silent while somebody else connects it is given up.

use std::time::{Duration, Instant};

use crate::json_rpc::Answer;

use super::conversation::{Conversation, Went};
use super::listener::Listener;
use super::service::Service;

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
        let mut next = self.service.accept(self.listener);
        while let Some(open) = next.take() {
            if let Ok(mut conversation) = Conversation::new(self.service, open, Some(slice)) {
                while conversation.go_on(self.service, None) == Went::Waits {
                    next = self.service.accept_now(self.listener);
                    if next.is_some() {
                        self.give_up(conversation);
                        break;
                    }
                }
            }
            next = next.or_else(|| self.service.accept(self.listener));
        }
    }

    /// Ends a conversation as when the service stops, and soon.
    fn give_up(&self, mut conversation: Conversation) {
        const MOMENT: Duration = Duration::from_millis(500);
        conversation.give_up();
        let begun = Instant::now();
        while conversation.go_on(self.service, None) == Went::Waits && begun.elapsed() < MOMENT {}
    }
}

/// Whoever else could be served by the thread that serves a connection; here nobody can tell.
pub(super) enum Others<'t> {
    #[allow(dead_code)]
    Nobody(std::convert::Infallible, std::marker::PhantomData<&'t ()>),
}

#[cfg(feature = "http")]
impl Others<'_> {
    #[allow(clippy::unused_async)]
    pub(super) async fn wait(&self) -> Duration {
        match self {
            Self::Nobody(never, _) => match *never {},
        }
    }
}
