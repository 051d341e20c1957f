//! The memory that a connection is read into.

use super::memory::{Share, reserve};

/// Bytes that have arrived, and memory for more.
///
/// It keeps its memory from message to message, grows only as bytes arrive, and gives memory back once
/// messages have been small for a while.
#[derive(Debug, Default)]
pub(crate) struct ReadBuffer {
    pub(super) bytes: Vec<u8>,
    /// Where what has arrived and was not taken begins, and where it ends.
    pub(super) start: usize,
    pub(super) end: usize,
    small_messages: u32,
    /// What it has of a budget, where it is larger than what is always kept.
    pub(super) share: Share,
    /// Whether there was no memory for more of a message.
    pub(super) is_refused: bool,
}

/// Bytes that a read is offered at least.
const LEAST: usize = 4 * 1024;
/// A buffer up to this size is kept however small the messages are.
const KEPT: usize = 64 * 1024;
/// After this many messages that did not need it, a larger buffer is given back.
const PATIENCE: u32 = 64;

impl ReadBuffer {
    /// What has arrived and was not taken.
    #[inline]
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Lends memory to read into.
    #[inline]
    pub(super) fn unfilled(&mut self) -> &mut [u8] {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            if self.bytes.len() > KEPT && self.share.is_tight() {
                self.shrink(KEPT);
            }
        } else if self.start > 0 && self.bytes.len() - self.end < LEAST {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.bytes.len() - self.end < LEAST {
            self.grow();
        }
        &mut self.bytes[self.end..]
    }

    #[cold]
    fn grow(&mut self) {
        if !self.try_grow() {
            // The message is refused, so a byte of it may be read over: reading none would be the end.
            self.is_refused = true;
            self.end = self.end.min(self.bytes.len().saturating_sub(1));
            self.start = self.start.min(self.end);
        }
    }

    fn try_grow(&mut self) -> bool {
        // Doubling keeps the cost of growing in proportion to what has really arrived.
        let size = (self.bytes.len() * 2).max(self.end + LEAST);
        let more = size - self.bytes.len();
        if (size > KEPT && !self.share.grow(size)) || !reserve(&mut self.bytes, more) {
            return false;
        }
        self.bytes.resize(size, 0);
        true
    }

    /// Makes room for a read where there is memory for it; `false` where there is none, and nothing is
    /// refused for that.
    #[cfg(feature = "tokio")]
    pub(super) fn stretch(&mut self) -> bool {
        let free = self.bytes.len() - self.end;
        free >= LEAST || self.start >= LEAST - free || self.try_grow()
    }

    fn shrink(&mut self, size: usize) {
        self.bytes.truncate(size);
        self.bytes.shrink_to(size);
        if size <= KEPT {
            self.share.release();
        }
    }

    /// Takes memory in the place of its own, which is empty; `false` where there is no budget for it.
    #[cfg(feature = "tokio")]
    pub(super) fn lend(&mut self, bytes: Vec<u8>) -> bool {
        let fits = bytes.len() <= KEPT || self.share.grow(bytes.len());
        if fits {
            self.bytes = bytes;
        }
        fits
    }

    /// Takes note of `count` bytes read into the memory lent.
    #[inline]
    pub(super) fn received(&mut self, count: usize) {
        self.end = self.bytes.len().min(self.end + count);
    }

    /// Takes the memory out; what waits stays, in memory of its own.
    #[cfg(feature = "tokio")]
    pub(super) fn take(&mut self) -> Vec<u8> {
        let waiting = self.waiting().to_vec();
        (self.start, self.end) = (0, waiting.len());
        std::mem::replace(&mut self.bytes, waiting)
    }

    /// Gives memory that was taken out back, where what waits fits into it.
    #[cfg(feature = "tokio")]
    pub(super) fn give(&mut self, mut bytes: Vec<u8>) {
        let waiting = self.waiting();
        let count = waiting.len();
        if let Some(start) = bytes.get_mut(..count) {
            if count > 0 {
                start.copy_from_slice(waiting);
            }
            self.bytes = bytes;
            (self.start, self.end) = (0, count);
        }
    }

    /// Gives memory back that messages of the size of this one have not needed for a while.
    #[inline]
    pub(super) fn give_back(&mut self, message: usize) {
        if self.bytes.len() <= KEPT || message > self.bytes.len() / 4 {
            self.small_messages = 0;
            return;
        }
        self.small_messages += 1;
        let waiting = self.end - self.start;
        if self.small_messages >= PATIENCE && waiting == 0 {
            self.small_messages = 0;
            // The message just found is still to be read, so what it lies in stays.
            self.shrink(self.end.max(KEPT));
        }
    }
}
