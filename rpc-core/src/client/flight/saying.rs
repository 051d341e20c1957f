//! Takes note of the credentials that calls are made with.

use crate::error::Error;

use super::Flight;

impl<W> Flight<W> {
    /// Takes note that calls from this one on are made with the credential of `generation`.
    pub(in crate::client) fn says(&mut self, generation: u64, since: u64) {
        self.said.at(Some(generation), since);
    }

    /// Takes note of whether another credential could be said than the one that calls were refused with.
    /// Where the connection failed, each of them finds out by itself.
    pub(in crate::client) fn has_renewed(&mut self, renewed: &Result<(), Error>) {
        if let Err(failure) = renewed
            && !matches!(failure, Error::Io(_))
        {
            self.said.failed(failure, self.next_call);
        }
    }

    /// Says of a call that was refused which credential it was made with, where no other has been said
    /// meanwhile; else whether that could be said.
    pub(in crate::client) fn said(&self, call: u64) -> Result<u64, Result<(), Error>> {
        self.said.of(call)
    }
}
