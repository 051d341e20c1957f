//! Buffers that the connections of one thread take turns with, so that an idle one holds none.

use std::cell::RefCell;

use crate::protocol::{Buffers, Connection};

thread_local! {
    static SPARE: RefCell<Vec<Buffers>> = const { RefCell::new(Vec::new()) };
}

/// Gives a connection that has none the buffers it reads into and writes from.
pub(crate) fn lend(connection: &mut Connection) {
    if connection.is_bare() {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        connection.lend(spare.unwrap_or_default());
    }
}

/// Takes the buffers of a connection that has nothing in them. They are kept, large ones too, up to a
/// size in all: memory that goes back to the operating system costs more than what is done in it.
pub(crate) fn take_back(connection: &mut Connection) {
    const KEPT: usize = 16;
    const SIZE_KEPT: usize = 32 * 1024 * 1024;
    if let Some(buffers) = connection.take_back() {
        SPARE.with_borrow_mut(|spare| {
            let size: usize = spare.iter().map(Buffers::size).sum();
            if spare.len() < KEPT && size + buffers.size() <= SIZE_KEPT {
                spare.push(buffers);
            }
        });
    }
}
