//! Buffers that messages were put together in, kept for the next ones of the thread.

use std::cell::RefCell;

/// Buffers of a thread that no call uses now.
#[derive(Debug, Default)]
struct Spare {
    buffers: Vec<Vec<u8>>,
    /// Bytes they have room for, all told.
    room: usize,
}

/// Most messages have no more bytes.
const USUAL: usize = 192;
/// Room that is kept at most. The buffer of a long message that is handed back to the system costs more
/// than its message: the next one has to have every page made anew.
const ROOM: usize = 4 << 20;

thread_local! {
    static SPARE: RefCell<Spare> = RefCell::default();
}

/// An empty buffer.
pub(super) fn take() -> Vec<u8> {
    let spare = |spare: &RefCell<Spare>| {
        let mut spare = spare.try_borrow_mut().ok()?;
        let buffer = spare.buffers.pop()?;
        spare.room -= buffer.capacity();
        Some(buffer)
    };
    // A thread that is about to end has none.
    SPARE.try_with(spare).ok().flatten().unwrap_or_else(|| Vec::with_capacity(USUAL))
}

/// Keeps a buffer that is not needed any more.
pub(super) fn give(mut buffer: Vec<u8>) {
    let size = buffer.capacity();
    if size == 0 {
        return;
    }
    let _ = SPARE.try_with(|spare| {
        if let Ok(mut spare) = spare.try_borrow_mut()
            && size <= ROOM - spare.room
        {
            buffer.clear();
            spare.room += size;
            spare.buffers.push(buffer);
        }
    });
}
