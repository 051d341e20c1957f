//! What has come of streams, until those read it that it is for.

use std::collections::VecDeque;

use crate::dialect::{ItemBatch, OwnedText};
use crate::error::Error;

use crate::protocol::{Account, Credit};

/// What has come of a stream, and was not taken yet.
#[derive(Debug)]
pub(super) struct Arriving {
    pub(super) batches: VecDeque<ItemBatch>,
    pub(super) account: Account,
}

/// What a stream's reader finds.
pub(in crate::client) enum Arrived {
    /// Items.
    Items(ItemBatch),
    /// Its end: the result's text, or the error.
    End(Result<OwnedText, Error>),
    /// Nothing yet.
    Nothing,
}

impl Arriving {
    /// Keeps items that have come; `false` where there are more than may be.
    pub(super) fn receive(&mut self, items: ItemBatch) -> bool {
        let may_come = self.account.receive(items.count, items.bytes, items.last);
        if may_come {
            self.batches.push_back(items);
        }
        may_come
    }

    /// So much may come to begin with.
    pub(super) fn new(window: Credit) -> Self {
        Self { batches: VecDeque::new(), account: Account::new(window) }
    }
}
