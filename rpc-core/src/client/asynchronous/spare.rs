//! Buffers that messages were put together in, kept for the next ones.

use std::sync::Mutex;

/// Buffers of a client that nobody uses now.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Vec<Vec<u8>>>);

/// Most messages have no more bytes.
const USUAL: usize = 192;
/// What is larger is not kept.
const LARGEST: usize = 1024;
/// So many are kept, for as many calls in flight.
const COUNT: usize = 64;

impl Spare {
    /// An empty buffer.
    pub(super) fn take(&self) -> Vec<u8> {
        // Whoever finds the lock taken is better off allocating than waiting.
        let kept = self.0.try_lock().ok().and_then(|mut spare| spare.pop());
        kept.unwrap_or_else(|| Vec::with_capacity(USUAL))
    }

    /// Keeps a buffer that is not needed any more.
    pub(super) fn give(&self, mut buffer: Vec<u8>) {
        if (1..=LARGEST).contains(&buffer.capacity())
            && let Ok(mut spare) = self.0.try_lock()
            && spare.len() < COUNT
        {
            buffer.clear();
            spare.push(buffer);
        }
    }
}
