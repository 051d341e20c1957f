//! How much of a stream its reader has room for.

/// How much of a stream may be sent, in all since it began.
///
/// An item may be sent while fewer have been than `items`, and while those sent have fewer bytes than `bytes`; it
/// may then have any size. The bytes of an item are those of its JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Credit {
    /// How many items.
    pub items: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Credit {
    /// No bound at all.
    pub const ENDLESS: Self = Self { items: u64::MAX, bytes: u64::MAX };

    /// Whether another item may be sent when so much has been.
    #[inline]
    pub(crate) fn lets(self, sent: Self) -> bool {
        sent.items < self.items && sent.bytes < self.bytes
    }

    /// Takes what was granted since; credit never shrinks.
    pub(crate) fn grant(&mut self, total: Self) {
        self.items = self.items.max(total.items);
        self.bytes = self.bytes.max(total.bytes);
    }
}
