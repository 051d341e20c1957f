//! What is done beside calls for as long as a server serves, on threads of its own.

use std::io;
use std::sync::Arc;
use std::thread;

use crate::registry::Upkeep;

/// Has it done by a thread.
pub(super) fn begin(work: &Upkeep) -> io::Result<()> {
    let work = Arc::clone(work);
    thread::Builder::new().name("rpc upkeep".to_owned()).spawn(move || work())?;
    Ok(())
}

/// Does all of it, on this thread and on others.
#[cfg(unix)]
pub(super) fn tend(upkeep: &[Upkeep]) -> io::Result<()> {
    if let Some((first, others)) = upkeep.split_first() {
        others.iter().try_for_each(begin)?;
        first();
    }
    Ok(())
}
