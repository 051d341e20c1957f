//! What a server takes its connections from.

use std::io;

use crate::error::Error;
use crate::transport::Address;

use super::own::Own;
use super::socket::{Listener, listen_failed};

/// What a server takes its connections from.
#[derive(Debug)]
pub enum Source {
    /// A socket that is listened at.
    Socket(Listener),
    /// A listener that somebody else has written.
    Own(Own),
}

impl Source {
    /// What is listened at, with the port that was taken where 0 was asked for.
    pub(in crate::server) fn address(&self) -> io::Result<Address> {
        match self {
            Self::Socket(listener) => listener.address(),
            Self::Own(own) => Ok(own.address()),
        }
    }

    /// The socket, for a model that waits at nothing else.
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub(in crate::server) fn socket(&self, model: &str) -> Result<&Listener, Error> {
        match self {
            Self::Socket(listener) => Ok(listener),
            Self::Own(own) => {
                let problem = format!(
                    "the server model `{model}` waits at sockets alone, and {} is a listener of one's own; \
                     serve it with `ThreadPerConnection` or `SingleThread`, or on tokio with `serve_on`",
                    own.address(),
                );
                let problem = io::Error::new(io::ErrorKind::Unsupported, problem);
                Err(listen_failed(problem).into())
            }
        }
    }

    /// Removes the file of a Unix socket, so that another server may take its place.
    pub(in crate::server) fn remove_file(&self) {
        if let Self::Socket(listener) = self {
            listener.remove_file();
        }
    }
}
