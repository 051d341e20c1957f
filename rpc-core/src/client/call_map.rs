//! A map by call numbers.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Calls by number. The numbers are given out on this side, one after another, so nobody can choose
/// them to collide, and the standard library's guard against that would only cost time.
pub(super) type CallMap<T> = HashMap<u64, T, BuildHasherDefault<CallHasher>>;

/// Spreads a number over all bits (Knuth's multiplicative hashing).
#[derive(Debug, Default)]
pub(super) struct CallHasher(u64);

impl Hasher for CallHasher {
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
