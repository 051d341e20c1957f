//! Subscriptions of JSON-RPC: streams whose items come in notifications, by an id that the call is answered with.

use std::collections::HashMap;

use crate::dialect::notification::News;

use super::super::call_map::CallMap;

/// Which calls are answered with subscriptions, and which are.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// What ends that of a call, before its id is known.
    pub(super) asked: CallMap<String>,
    /// What has begun, by the JSON text of its id.
    pub(super) begun: HashMap<String, Begun>,
    /// The ids of what was given up, of which some may still be on its way, and the calls that end it.
    pub(super) ending: Vec<(u64, String)>,
    /// What came before the id that it is for.
    early: Vec<(String, News)>,
    /// Whether that was more than is kept.
    has_lost: bool,
}

#[derive(Debug)]
pub(super) struct Begun {
    pub(super) call: u64,
    pub(super) unsubscribe: String,
}

impl Subscriptions {
    /// Keeps what came for an id that nobody knows yet.
    pub(super) fn keep(&mut self, id: &str, news: News) {
        const MOST: usize = 1024;
        const MOST_BYTES: u64 = 1024 * 1024;
        if self.asked.is_empty() || self.ending.iter().any(|(_, given_up)| given_up == id) {
            return;
        }
        let bytes = |(id, news): &(String, News)| id.len() as u64 + news.bytes();
        let kept: u64 = self.early.iter().map(bytes).sum();
        let next = (id.to_owned(), news);
        if self.early.len() < MOST && kept + bytes(&next) <= MOST_BYTES {
            self.early.push(next);
        } else {
            self.early.clear();
            self.has_lost = true;
        }
    }

    /// Takes what was kept for an id, and whether there was more.
    pub(super) fn take(&mut self, id: &str) -> (Vec<News>, bool) {
        let (own, others) =
            std::mem::take(&mut self.early).into_iter().partition(|(of, _)| of == id);
        let own: Vec<(String, News)> = own;
        let has_lost = self.has_lost;
        if self.asked.is_empty() {
            self.has_lost = false;
        } else {
            self.early = others;
        }
        (own.into_iter().map(|(_, news)| news).collect(), has_lost)
    }
}
