//! Replies that came and were no call's, for the errors of calls that wait in vain.

use std::io;

use crate::dialect::ReplyId;

/// The latest of them.
#[derive(Debug, Default)]
pub(super) struct Dropped(Option<(u64, String)>);

impl Dropped {
    /// Takes note of one that came before the call `next` was made.
    #[cold]
    pub(super) fn note(&mut self, next: u64, id: ReplyId<'_>) {
        // Of many that come together one is enough.
        if self.0.as_ref().is_none_or(|(before, _)| *before < next) {
            self.0 = Some((next, problem(id)));
        }
    }

    /// What came since this call was made.
    pub(super) fn since(&self, call: u64) -> Option<io::Error> {
        let (next, problem) = self.0.as_ref()?;
        (call < *next).then(|| io::Error::new(io::ErrorKind::InvalidData, problem.clone()))
    }
}

/// Why a reply with this id is no call's.
pub(super) fn problem(id: ReplyId<'_>) -> String {
    const SHOWN: usize = 60;
    let no_call = |id: &str| {
        let shown: String = id.chars().take(SHOWN).collect();
        format!("a reply was dropped: its id is {shown}, which no call has")
    };
    match id {
        ReplyId::Call(id) => no_call(&id.to_string()),
        ReplyId::Foreign(id) => no_call(id),
        ReplyId::Missing => "a result was dropped: it has no id".to_owned(),
    }
}
