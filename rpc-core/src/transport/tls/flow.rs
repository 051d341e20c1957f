//! The ciphertext of a connection that is not where it belongs yet, in either direction.

use std::io::{self, ErrorKind};

/// Bytes of which some have been used.
#[derive(Debug, Default)]
pub(super) struct Flow {
    bytes: Vec<u8>,
    used: usize,
}

impl Flow {
    /// A buffer that is larger is not kept when there is nothing in it.
    const KEPT: usize = 16 * 1024;

    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Where more is written behind what is there.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Takes note that so many bytes have been used.
    pub(super) fn use_up(&mut self, count: usize) {
        self.used += count;
        if self.is_empty() {
            self.used = 0;
            self.bytes.clear();
            if self.bytes.capacity() > Self::KEPT {
                self.bytes = Vec::new();
            }
        }
    }

    /// Moves as much as there is room for.
    pub(super) fn take(&mut self, room: &mut [u8]) -> usize {
        let rest = self.rest();
        let count = rest.len().min(room.len());
        room[..count].copy_from_slice(&rest[..count]);
        self.use_up(count);
        count
    }

    /// Sends all of it, and keeps what is not taken.
    pub(super) fn drain(
        &mut self,
        send: &mut impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        while !self.is_empty() {
            match send(self.rest()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.use_up(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
