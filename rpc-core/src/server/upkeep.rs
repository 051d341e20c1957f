//! What is done beside calls for as long as a server serves, on threads of its own.

use std::sync::Arc;
use std::thread;

use crate::json_rpc::Answer;
use crate::registry::Upkeep;

use super::service::Service;

impl<A: Answer> Service<A> {
    /// Has what is to be done beside calls done by threads of this process.
    pub(super) fn tended(self) -> Self {
        for work in self.answer.upkeep() {
            if let Err(error) = start(&work) {
                self.say(&format!("no thread can be made for what is done beside calls: {error}"));
            }
        }
        self
    }
}

/// Does all of it, on this thread and on others.
#[cfg(unix)]
pub(super) fn tend(upkeep: &[Upkeep]) -> std::io::Result<()> {
    if let Some((first, others)) = upkeep.split_first() {
        others.iter().try_for_each(start)?;
        first();
    }
    Ok(())
}

fn start(work: &Upkeep) -> std::io::Result<()> {
    let work = Arc::clone(work);
    thread::Builder::new().name("rpc upkeep".to_owned()).spawn(move || work())?;
    Ok(())
}
