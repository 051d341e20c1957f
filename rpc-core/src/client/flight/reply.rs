//! Replies that have come, until those read them that they are for.

use std::fmt::Display;
use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::dialect::{
    Dialect, FromServer, OwnedText, ReplyId, ReplyMessage, ResultText, UsualReply, read_reply,
    read_split,
};
use crate::error::Error;
use crate::protocol::{ProtocolError, json};
use crate::registry::problem;

use super::super::http::Response;
use super::super::lost::Lost;

/// A reply that came while somebody else was reading: the result's text, or the error.
#[derive(Debug)]
pub(in crate::client) struct Reply(pub(super) Result<OwnedText, Error>);

/// A reply of the reader's own.
#[derive(Debug)]
pub(in crate::client) enum Own {
    /// It stands there in the read buffer, and is read where nothing is locked.
    Unread(Unread),
    /// It came by HTTP, and is read there too.
    Answer(Answer),
    /// The result's text apart, or the error.
    Read(Result<OwnedText, Error>),
}

/// A message that looks like the reply to a call, and the terms it is to be read on.
#[derive(Debug)]
pub(in crate::client) struct Unread {
    pub(super) place: Range<usize>,
    pub(super) usual: UsualReply,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
}

impl Reply {
    /// Decodes the result; `doing` says of which call, at which peer.
    pub(in crate::client) fn decode<T: DeserializeOwned>(
        self,
        method: &str,
        doing: impl FnOnce() -> String,
    ) -> Result<T, Error> {
        match self.0 {
            Ok(result) => result.decode(method),
            Err(error) => Err(named(error, doing)),
        }
    }
}

impl Reply {
    /// The result's text; `doing` says of which call, at which peer.
    pub(super) fn text(self, doing: impl FnOnce() -> String) -> Result<OwnedText, Error> {
        self.0.map_err(|error| named(error, doing))
    }
}

/// The error of a call, naming it and its peer where what came was no reply.
#[cold]
fn named(error: Error, doing: impl FnOnce() -> String) -> Error {
    match error {
        Error::Protocol(
            problem @ (ProtocolError::During { .. } | ProtocolError::Result { .. }),
        ) => problem.into(),
        Error::Protocol(problem) => problem.during(&doing()).into(),
        other => other,
    }
}

impl Own {
    /// Whether it stands in the read buffer.
    #[cfg(feature = "tokio")]
    pub(in crate::client) fn is_unread(&self) -> bool {
        matches!(self, Self::Unread(_))
    }

    /// Decodes the result, from the buffer if it stands there; `lose` gives the connection up where the
    /// message is no reply after all, and `doing` says which call this is, at which peer.
    pub(in crate::client) fn decode<T: DeserializeOwned>(
        self,
        method: &str,
        buffer: &[u8],
        lose: impl FnOnce(Lost),
        doing: impl FnOnce() -> String,
    ) -> Result<T, Error> {
        match self {
            Self::Unread(message) => match message.result(buffer) {
                Ok(result) => result?.decode(method),
                Err(broken) => {
                    lose(Lost::Protocol(broken.clone()));
                    Err(named(broken.into(), doing))
                }
            },
            Self::Answer(answer) => match answer.result() {
                Ok((result, names_call)) => {
                    if !names_call {
                        // Another one may follow, which would be taken for the next call's.
                        lose(Lost::closed());
                    }
                    result.decode(method)
                }
                Err(error) => {
                    if matches!(error, Error::Protocol(ProtocolError::NotAReply(_))) {
                        // Nobody knows what comes next.
                        lose(Lost::closed());
                    }
                    Err(named(error, doing))
                }
            },
            Self::Read(Ok(result)) => result.decode(method),
            Self::Read(Err(error)) => Err(named(error, doing)),
        }
    }
}

impl Unread {
    /// Reads it.
    pub(super) fn result<'b>(
        &self,
        buffer: &'b [u8],
    ) -> Result<Result<ResultText<'b>, Error>, ProtocolError> {
        let message = buffer.get(self.place.clone()).unwrap_or_default();
        match read_split(self.dialect, message, Some(&self.usual), self.depth)? {
            FromServer::Reply(ReplyMessage { id, outcome })
                if id == ReplyId::Call(self.usual.id) =>
            {
                Ok(outcome.map_err(Error::from))
            }
            _ => Err(ProtocolError::NotAReply("it only looks like one".to_owned())),
        }
    }
}

impl ResultText<'_> {
    fn decode<T: DeserializeOwned>(self, method: &str) -> Result<T, Error> {
        match self {
            Self::At { text, has_escapes } => decode(method, text, has_escapes),
            Self::Made(text) => decode(method, &text, true),
        }
    }
}

impl OwnedText {
    fn decode<T: DeserializeOwned>(self, method: &str) -> Result<T, Error> {
        decode(method, self.text(), self.has_escapes)
    }
}

fn decode<T: DeserializeOwned>(method: &str, text: &str, has_escapes: bool) -> Result<T, Error> {
    json::decode(text, has_escapes).map_err(|error| {
        let problem = problem(text, &error);
        ProtocolError::Result { method: method.to_owned(), problem }.into()
    })
}

/// The response to a call.
#[derive(Debug)]
pub(in crate::client) struct Answer {
    pub(super) call: u64,
    pub(super) wants_result: bool,
    pub(super) response: Response,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
}

impl Answer {
    /// What it says of its call, and whether it says that it is of this one, where the dialect has words for
    /// that. A reply is one whatever the status.
    pub(super) fn result(&self) -> Result<(ResultText<'_>, bool), Error> {
        let Self { call, response, dialect, .. } = self;
        if !self.wants_result && response.is_success() {
            return Ok((ResultText::At { text: "null", has_escapes: false }, true));
        }
        let is_silent = response.body.trim_ascii().is_empty();
        let reply = match read_reply(*dialect, &response.body, self.depth) {
            Ok(FromServer::Reply(reply)) => reply,
            Err(error) if response.is_success() && !is_silent => {
                return Err(response.no_reply(error).into());
            }
            _ => return Err(response.to_error().into()),
        };
        let no_reply = |problem: String| Err(ProtocolError::NotAReply(problem).into());
        let not_this =
            |id: &dyn Display| no_reply(format!("it answers call {id}, and call {call} was made"));
        match reply.id {
            ReplyId::Call(id) if dialect.has_ids() && id != *call => not_this(&id),
            ReplyId::Foreign(id) if dialect.has_ids() => not_this(&id),
            ReplyId::Call(_) if dialect.has_ids() => Ok((reply.outcome?, true)),
            // A response has one request: where it names no call, that one is meant, unless it may be a
            // second response to the one before.
            _ if response.is_doubtful => no_reply(
                "two responses came to one request, and neither says which call it answers".into(),
            ),
            _ if dialect.has_ids() && reply.outcome.is_ok() && !response.is_first => no_reply(
                "it says of no call that it answers that, and others were made before".into(),
            ),
            _ => Ok((reply.outcome?, !dialect.has_ids())),
        }
    }
}
