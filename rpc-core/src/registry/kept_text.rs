//! Long answers that are the same for every caller who is shown the same: written once, and kept as the text that is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::protocol::json::{self, WriteError};

/// The answers that a registry keeps.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// That of `system.describe` about all functions.
    pub(super) described: Kept,
    /// That of `rpc.discover`.
    #[cfg(feature = "schema")]
    pub(super) discovered: Kept,
    /// The same for XML-RPC, whose whole numbers have 64 bits and a sign.
    #[cfg(feature = "schema")]
    pub(super) discovered_by_xml: Kept,
}

impl Answers {
    /// Forgets them, since there is something else to tell.
    pub(super) fn forget(&self) {
        self.described.forget();
        #[cfg(feature = "schema")]
        {
            self.discovered.forget();
            self.discovered_by_xml.forget();
        }
    }
}

/// An answer that is written when somebody asks for it first.
///
/// There is one for each set of functions that callers are shown, the last of them: whoever may do something else
/// gets another text, and sets are no way to fill the memory.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<VecDeque<(View, Arc<KeptText>)>>);

/// Which functions are shown; `None` for all.
type View = Option<Box<[bool]>>;

/// Texts that are kept at most.
const MOST: usize = 16;

/// A value as JSON text.
#[derive(Debug)]
pub(super) struct KeptText {
    pub(super) json: Box<[u8]>,
    /// How many levels of arrays and objects it nests.
    pub(super) depth: usize,
}

impl Kept {
    fn forget(&self) {
        self.lock().clear();
    }

    /// The text for those who are shown this, of what `make` makes if there is none yet. Whoever asks at the same time waits for it.
    pub(super) fn text<T: Serialize>(
        &self,
        view: View,
        make: impl FnOnce() -> T,
    ) -> Result<Arc<KeptText>, WriteError> {
        let mut kept = self.lock();
        if let Some((_, text)) = kept.iter().find(|(of, _)| *of == view) {
            return Ok(Arc::clone(text));
        }
        let mut json = Vec::new();
        json::write(&mut json, &make())?;
        let text = Arc::new(KeptText { depth: depth(&json), json: json.into() });
        kept.truncate(MOST - 1);
        kept.push_front((view, Arc::clone(&text)));
        Ok(text)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(View, Arc<KeptText>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many levels a JSON text nests.
fn depth(json: &[u8]) -> usize {
    let (mut level, mut deepest) = (0_usize, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b'[' | b'{' => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn the_depth_of_a_text_is_that_of_its_brackets() {
        for (json, expected) in
            [("1", 0), ("[]", 1), (r#"[[1],{"a":[]},2]"#, 3), (r#"["[[[","\"[[",{"\\":"{"}]"#, 2)]
        {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }
}
