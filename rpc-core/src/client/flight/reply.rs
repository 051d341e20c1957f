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
use crate::registry::without_place;

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
    /// Decodes the result.
    pub(in crate::client) fn decode<T: DeserializeOwned>(self, method: &str) -> Result<T, Error> {
        self.0?.decode(method)
    }
}

impl Own {
    /// Whether it stands in the read buffer.
    #[cfg(feature = "tokio")]
    pub(in crate::client) fn is_unread(&self) -> bool {
        matches!(self, Self::Unread(_))
    }

    /// Decodes the result, from the buffer if it stands there; `lose` gives the connection up where the
    /// message is no reply after all.
    pub(in crate::client) fn decode<T: DeserializeOwned>(
        self,
        method: &str,
        buffer: &[u8],
        lose: impl FnOnce(Lost),
    ) -> Result<T, Error> {
        match self {
            Self::Unread(message) => match message.result(buffer) {
                Ok(result) => result?.decode(method),
                Err(broken) => {
                    lose(Lost::Protocol(broken.clone()));
                    Err(broken.into())
                }
            },
            Self::Answer(answer) => answer.result()?.decode(method),
            Self::Read(result) => result?.decode(method),
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
        let problem = without_place(&error.to_string()).into_owned();
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
    /// What it says of its call. A reply is one whatever the status.
    pub(super) fn result(&self) -> Result<ResultText<'_>, Error> {
        let Self { call, response, dialect, .. } = self;
        if !self.wants_result && response.is_success() {
            return Ok(ResultText::At { text: "null", has_escapes: false });
        }
        let is_silent = response.body.trim_ascii().is_empty();
        let reply = match read_reply(*dialect, &response.body, self.depth) {
            Ok(FromServer::Reply(reply)) => reply,
            Err(error) if response.is_success() && !is_silent => {
                return Err(response.no_reply(error).into());
            }
            _ => return Err(response.to_error().into()),
        };
        let not_this = |id: &dyn Display| {
            let problem = format!("it answers call {id}, and call {call} was made");
            Err(ProtocolError::NotAReply(problem).into())
        };
        match reply.id {
            _ if !dialect.has_ids() => Ok(reply.outcome?),
            ReplyId::Call(id) if id != *call => not_this(&id),
            ReplyId::Foreign(id) => not_this(&id),
            // A response has one request: where it names no call, that one is meant.
            ReplyId::Call(_) | ReplyId::Missing => Ok(reply.outcome?),
        }
    }
}
