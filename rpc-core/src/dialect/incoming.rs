//! What a message to a server says, or why it says nothing.

use crate::protocol::json::Reader;
use crate::protocol::{Credit, Fault, ProtocolError};

use super::Dialect;
use super::items::ItemBatch;
use super::usual::step_over_usual_call;

/// What a message says.
#[derive(Debug)]
pub(crate) enum Incoming<'a> {
    /// The call that the request now holds.
    Call,
    /// What comes seldom.
    Rare(Rare<'a>),
    /// Several calls, to be answered in one reply.
    Batch(Elements<'a>),
}

/// What a message says seldom. It stands apart so that the usual is told from the rest by as little as
/// without it.
#[derive(Debug)]
pub(crate) enum Rare<'a> {
    /// The call that the request now holds, and something besides it: the text of an object of strings, or that its
    /// result is wanted as a stream, and how much of it.
    /// And that more items of an argument come after it.
    CallWith { metadata: Option<&'a str>, stream: Option<Credit>, uploads: bool },
    /// Something of the stream or the upload of the call with this id.
    OfStream(&'a str, OfStream),
    /// Nobody waits any more for the result of the call with this id.
    Cancel(&'a str),
    /// A reply, of a peer that serves functions too. It answers nothing that was asked here.
    Reply,
}

/// What is said of a stream or an upload that is open.
#[derive(Debug)]
pub enum OfStream {
    /// There is room for more of the stream: so much in all.
    Credit(Credit),
    /// Items of the upload.
    Items(Box<ItemBatch>),
    /// The upload has ended.
    End,
}

/// The texts of the calls in a batch (section 6), as many of them as a batch may have, and how many
/// there are.
#[derive(Debug)]
pub(crate) struct Elements<'a> {
    pub(crate) texts: Vec<&'a str>,
    pub(crate) count: usize,
}

impl<'a> Elements<'a> {
    /// Reads the array that comes next.
    pub(super) fn read(reader: &mut Reader<'a>, limit: usize) -> Result<Self, ProtocolError> {
        let mut elements = Self { texts: Vec::new(), count: 0 };
        reader.array(|reader| {
            let text = reader.lend(|reader| match reader.attempt(step_over_usual_call) {
                Some(()) => Ok(()),
                None => reader.value().map(drop),
            })?;
            elements.count += 1;
            if elements.count <= limit {
                elements.texts.push(text);
            }
            Ok::<_, ProtocolError>(())
        })?;
        Ok(elements)
    }
}

/// A message that is no call.
#[derive(Debug)]
pub(crate) enum Unreadable<'a> {
    /// It is not JSON, or over a limit: the connection closes after the answer.
    Broken(ProtocolError),
    /// It is JSON that calls nothing: the connection lives on. The dialect is that of its members,
    /// where these tell one.
    NotACall { dialect: Option<Dialect>, id: Option<&'a str>, fault: Fault },
}

impl From<ProtocolError> for Unreadable<'_> {
    fn from(error: ProtocolError) -> Self {
        Self::Broken(error)
    }
}
