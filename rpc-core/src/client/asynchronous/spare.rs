//! Buffers that messages were put together in, kept for the next ones.

use std::sync::Mutex;

/// Buffers of a client that nobody uses now.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    buffers: Vec<Vec<u8>>,
    /// Bytes they have room for, all told.
    room: usize,
}

/// Most messages have no more bytes.
const USUAL: usize = 192;
/// Room that is kept at most: for hundreds of usual messages, or a few long ones.
const ROOM: usize = 64 * 1024;

impl Spare {
    /// An empty buffer.
    pub(super) fn take(&self) -> Vec<u8> {
        // Whoever finds the lock taken is better off allocating than waiting.
        let kept = self.0.try_lock().ok().and_then(|mut kept| {
            let buffer = kept.buffers.pop()?;
            kept.room -= buffer.capacity();
            Some(buffer)
        });
        kept.unwrap_or_else(|| Vec::with_capacity(USUAL))
    }

    /// Keeps a buffer that is not needed any more.
    pub(super) fn give(&self, mut buffer: Vec<u8>) {
        let size = buffer.capacity();
        if (1..=ROOM).contains(&size)
            && let Ok(mut kept) = self.0.try_lock()
            && kept.room <= ROOM - size
        {
            buffer.clear();
            kept.room += size;
            kept.buffers.push(buffer);
        }
    }
}
