//! How subscriptions begin, go on and end.

use crate::dialect::notification::{self, News};
use crate::dialect::{OwnedText, ResultText};
use crate::error::Error;
use crate::protocol::{Fault, ProtocolError};

use super::Flight;
use super::reply::Reply;
use super::subscriptions::Begun;

impl<W> Flight<W> {
    /// Takes note that a call is answered with a subscription, and what ends that.
    pub(super) fn ask(&mut self, call: u64, unsubscribe: &str) {
        let subscriptions = self.subscriptions.get_or_insert_default();
        subscriptions.asked.insert(call, unsubscribe.to_owned());
    }

    /// Begins the subscription of a call that was answered with an id; `false` where it was answered with anything
    /// else.
    #[inline(never)]
    pub(super) fn subscribed(
        &mut self,
        call: u64,
        outcome: &Result<ResultText<'_>, Fault>,
        awake: &mut Vec<W>,
    ) -> bool {
        let Some(subscriptions) = &mut self.subscriptions else { return false };
        let Some(unsubscribe) = subscriptions.asked.remove(&call) else {
            subscriptions.ending.retain(|(ends, _)| *ends != call);
            return false;
        };
        let id = match outcome {
            Ok(result) => result.as_str(),
            Err(_) => "",
        };
        if !id.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit()) {
            return false;
        }
        if !self.calls.contains_key(&call) {
            self.unsubscribe(&unsubscribe, id);
            return true;
        }
        let (early, has_lost) = subscriptions.take(id);
        subscriptions.begun.insert(id.to_owned(), Begun { call, unsubscribe });
        if has_lost {
            self.lag(id, "more items came before the id of the subscription than are kept", awake);
        }
        for news in early {
            self.take_news(id, news, awake);
        }
        true
    }

    /// Takes a notification of the other side.
    #[inline(never)]
    pub(super) fn receive_notification(&mut self, message: &[u8], awake: &mut Vec<W>) {
        let Some((id, news)) = notification::read(message, self.limits.max_depth) else { return };
        match &mut self.subscriptions {
            Some(subscriptions) if !subscriptions.begun.contains_key(id) => {
                subscriptions.keep(id, news);
            }
            _ => self.take_news(id, news, awake),
        }
    }

    fn take_news(&mut self, id: &str, news: News, awake: &mut Vec<W>) {
        const LAGS: &str = "its reader has lagged: more items came than are kept for it \
                            (`ClientBuilder::stream_window`); the subscription was ended";
        let begun = self.subscriptions.as_ref().and_then(|it| it.begun.get(id));
        let Some(call) = begun.map(|begun| begun.call) else { return };
        let (Some(stream), Some(entry)) = (self.streams.get_mut(&call), self.calls.get_mut(&call))
        else {
            return;
        };
        match news {
            News::Item(item) => {
                if stream.receive(item) {
                    awake.extend(entry.waiter.take());
                } else {
                    self.lag(id, LAGS, awake);
                }
            }
            News::End(outcome) => {
                let outcome = outcome.map(|()| OwnedText::of("null", false));
                entry.reply = Some(Reply(outcome.map_err(Error::from)));
                awake.extend(entry.waiter.take());
                self.subscriptions.as_mut().map(|it| it.begun.remove(id));
            }
        }
    }

    /// Ends a subscription of which something was lost.
    #[cold]
    fn lag(&mut self, id: &str, problem: &str, awake: &mut Vec<W>) {
        let begun = self.subscriptions.as_mut().and_then(|it| it.begun.remove(id));
        let Some(Begun { call, unsubscribe }) = begun else { return };
        if let Some(entry) = self.calls.get_mut(&call) {
            entry.reply = Some(Reply(Err(ProtocolError::NotAReply(problem.to_owned()).into())));
            awake.extend(entry.waiter.take());
        }
        self.unsubscribe(&unsubscribe, id);
    }

    /// Ends the subscription of a call that is given up; `false` where it has none.
    pub(super) fn end_subscription(&mut self, call: u64) -> bool {
        let Some(subscriptions) = &mut self.subscriptions else { return false };
        // It is ended when its id is known.
        if subscriptions.asked.contains_key(&call) {
            return true;
        }
        let mut begun = subscriptions.begun.iter();
        let Some(id) = begun.find(|(_, begun)| begun.call == call).map(|(id, _)| id.clone()) else {
            return false;
        };
        if let Some(Begun { unsubscribe, .. }) = subscriptions.begun.remove(&id) {
            self.unsubscribe(&unsubscribe, &id);
        }
        true
    }

    /// Tells the other side that nobody wants the items of a subscription any more. What it answers is nobody's.
    fn unsubscribe(&mut self, method: &str, id: &str) {
        let call = self.next_call;
        self.next_call += 1;
        let write = |_, out: &mut Vec<u8>| {
            notification::begin_unsubscribing(out, method, id);
            Ok(())
        };
        // Where it cannot be sent, the connection is lost, and all of its subscriptions with it.
        let _ = self.queue(method, write, |dialect, out| dialect.end_call(out, Some(call), None));
        if let Some(subscriptions) = &mut self.subscriptions {
            subscriptions.ending.push((call, id.to_owned()));
        }
    }
}
