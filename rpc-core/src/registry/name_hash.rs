//! Hashes the names of functions.

use std::hash::{BuildHasherDefault, Hasher};

/// Makes a [`NameHash`] for each name.
pub(super) type NameHashes = BuildHasherDefault<NameHash>;

/// FNV-1a (RFC 9923), which is the cheapest for names as short as those of functions are.
///
/// It does not withstand an adversary who chooses what is kept; here that is the program itself,
/// and a peer only asks.
pub(super) struct NameHash(u64);

impl Default for NameHash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for NameHash {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
