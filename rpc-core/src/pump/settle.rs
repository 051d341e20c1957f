//! Messages that wait for no other, each of which is answered with a reply or with items.

use std::sync::Arc;

use crate::dialect::ItemForm;
use crate::json_rpc::{Answer, Answered, Feed, Session};

use super::finish::finish;

/// Most replies have no more bytes.
const USUAL: usize = 256;

/// What a message is answered with that waits for no other.
pub(crate) enum Settled {
    /// One reply; an empty one is none.
    Reply(Vec<u8>),
    /// Items, in this form.
    Items(Box<Feed>, ItemForm),
}

/// Answers a message that waits for no other, and waits for the reply, or for nothing where items come in the form
/// that the caller asks for.
pub(crate) async fn settle<A: Answer>(
    answer: &Arc<A>,
    mut session: Session,
    message: impl AsRef<[u8]>,
    form: impl FnOnce() -> Option<ItemForm>,
) -> Settled {
    let mut out = Vec::with_capacity(USUAL);
    let mut answered = answer.answer(message.as_ref(), &mut session, &mut out);
    if let Answered::Asks(asking) = answered {
        let found = asking.await;
        answered = answer.answer_as_found(found, message.as_ref(), &mut session, &mut out);
    }
    match answered {
        Answered::Later(mut later) => {
            let form = later.write_items_as(form);
            match form.and_then(|form| Some((later.take_feed()?, form))) {
                Some((feed, form)) => Settled::Items(feed, form),
                None => Settled::Reply(finish(later).await),
            }
        }
        Answered::Reply
        | Answered::Broken
        | Answered::Last
        | Answered::Nothing
        | Answered::Asks(_)
        | Answered::OfStream { .. }
        | Answered::Cancel { .. } => Settled::Reply(out),
    }
}
