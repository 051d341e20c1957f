//! Asking who calls, where that takes time.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::key::Key;
use super::who::Who;

/// Who calls is being found out, and that takes time: what [`Answered::Asks`](super::super::Answered::Asks) holds.
///
/// It is a future. What it ends in is given to [`Answer::answer_as_found`](super::super::Answer::answer_as_found), with the message.
#[must_use = "nobody is asked before it is polled"]
pub struct Asking(Pin<Box<dyn Future<Output = Found> + Send>>);

/// Who calls, found out for one message.
#[derive(Clone, Default)]
pub struct Found(Vec<(Key, Who)>);

impl Asking {
    /// Waits for one answer.
    pub(super) fn for_one(key: Key, who: impl Future<Output = Who> + Send + 'static) -> Self {
        Self(Box::pin(async move { Found(vec![(key, who.await)]) }))
    }

    /// Waits for all of them.
    pub(in crate::json_rpc) fn for_all(several: Vec<Self>) -> Self {
        Self(Box::pin(async move {
            let mut found = Vec::new();
            for asking in several {
                found.extend(asking.await.0);
            }
            Found(found)
        }))
    }

    /// Holds something until the end.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(crate) fn holding<T: Send + 'static>(self, held: T) -> Self {
        self.then(|| drop(held))
    }

    /// Does something at the end. Where that does not come, it is dropped.
    pub(in crate::json_rpc) fn then(self, then: impl FnOnce() + Send + 'static) -> Self {
        Self(Box::pin(async move {
            let found = self.await;
            then();
            found
        }))
    }
}

impl Future for Asking {
    type Output = Found;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Found> {
        self.0.as_mut().poll(task)
    }
}

impl Found {
    /// Who shows this, if that was found out.
    pub(super) fn get(&self, key: Key) -> Option<Who> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, who)| who.clone())
    }
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asking")
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Found")
    }
}
