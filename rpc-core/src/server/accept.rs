//! Waiting for the next connection, in the models where a thread does.

use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;
use std::thread;

use crate::json_rpc::Answer;
use crate::timing::ACCEPT_AGAIN;
use crate::transport::AnyStream;

#[cfg(unix)]
use super::bell::Bell;
use super::listener::{Listener, Source, is_about_one_connection};
#[cfg(unix)]
use super::process::readable_among;
use super::service::Service;
use super::stop::Open;

impl<A: Answer> Service<A> {
    /// Waits for the next connection; `None` when the service is stopped and none is left. It is
    /// noted, so that stopping can end it.
    pub(super) fn accept(&self, source: &Source) -> Option<Open> {
        self.accept_with(|| accept_from(source))
    }

    /// The same by whatever accepts.
    pub(super) fn accept_with(&self, accept: impl Fn() -> io::Result<AnyStream>) -> Option<Open> {
        loop {
            match self.try_accept(&accept) {
                Ok(open) => return open,
                Err(None) => {}
                Err(Some(_)) => thread::sleep(ACCEPT_AGAIN),
            }
        }
    }

    /// The same once, for a thread that has more to do: an error says that nobody can be accepted for
    /// [`ACCEPT_AGAIN`], or none that it is to be tried again at once.
    pub(super) fn try_accept(
        &self,
        accept: impl FnOnce() -> io::Result<AnyStream>,
    ) -> Result<Option<Open>, Option<io::Error>> {
        if self.stop().is_stopping() {
            return Ok(self.open_rest());
        }
        match accept() {
            // One that ends the waiting says nothing and is gone.
            Ok(stream) => Ok(Some(self.open(stream))),
            Err(error) if is_about_one_connection(&error) => Err(None),
            Err(_) if self.stop().is_stopping() => Err(None),
            Err(error) => {
                self.say_not_accepted(&error);
                Err(Some(error))
            }
        }
    }

    /// The next connection that waits to be accepted, if there is one.
    #[cfg(not(unix))]
    pub(super) fn accept_now(&self, listener: &Listener) -> Option<Open> {
        if self.stop().is_stopping() {
            return self.open_rest();
        }
        listener.accept_now().ok().flatten().map(|stream| self.open(stream))
    }
}

/// Waits until somebody connects.
pub(super) fn accept_from(source: &Source) -> io::Result<AnyStream> {
    let listener = match source {
        Source::Socket(listener) => listener,
        Source::Own(own) => return own.accept(),
    };
    #[cfg(unix)]
    if let Some(bell) = listener.bell() {
        return accept_unless_rung(listener, bell);
    }
    listener.accept().map(AnyStream::Socket)
}

/// Accepts from a listener that does not block; `Interrupted` where the bell rings, or nobody is there
/// after all.
#[cfg(unix)]
fn accept_unless_rung(listener: &Listener, bell: &Bell) -> io::Result<AnyStream> {
    let found = readable_among([Some(bell.as_fd()), Some(listener.as_fd())].into_iter(), None);
    let accepted = if found == [false, true] { listener.accept_now()? } else { None };
    accepted.map(AnyStream::Socket).ok_or_else(|| io::ErrorKind::Interrupted.into())
}
