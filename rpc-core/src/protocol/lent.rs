//! Buffers that connections take turns with, so that an idle one holds none.

use std::mem;

use super::Connection;

/// The memory of a connection: what it reads into and writes from.
#[derive(Debug)]
pub(crate) struct Buffers {
    inbound: Vec<u8>,
    outbound: Vec<u8>,
}

impl Default for Buffers {
    /// Large enough for many calls in one read, since many connections share it.
    fn default() -> Self {
        Self { inbound: vec![0; 64 * 1024], outbound: Vec::new() }
    }
}

impl Buffers {
    /// Their size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.inbound.capacity() + self.outbound.capacity()
    }
}

impl Connection {
    /// Whether its buffers have been taken back.
    pub(crate) fn is_bare(&self) -> bool {
        self.inbound.buffer.bytes.is_empty()
    }

    /// Gives it buffers, where it has none.
    pub(crate) fn lend(&mut self, buffers: Buffers) {
        if !self.inbound.buffer.lend(buffers.inbound) {
            self.inbound.buffer.bytes = Buffers::default().inbound;
        }
        let waiting = mem::replace(&mut self.outbound, buffers.outbound);
        self.outbound.extend_from_slice(&waiting);
    }

    /// Takes its buffers, if there is nothing in them.
    pub(crate) fn take_back(&mut self) -> Option<Buffers> {
        if self.is_partial() || !self.outbound.is_empty() || self.is_bare() {
            return None;
        }
        let buffer = &mut self.inbound.buffer;
        (buffer.start, buffer.end) = (0, 0);
        let inbound = mem::take(&mut buffer.bytes);
        buffer.share.release();
        Some(Buffers { inbound, outbound: mem::take(&mut self.outbound) })
    }

    /// Takes back what stands in the output from `start` on.
    pub(crate) fn take_from(&mut self, start: usize) -> Vec<u8> {
        self.outbound.split_off(start)
    }

    /// Appends bytes that are framed already.
    pub(crate) fn append_raw(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.outbound);
    }
}
