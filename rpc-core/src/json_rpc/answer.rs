//! What answers messages, and what becomes of one.

use std::sync::Arc;

use crate::dialect::OfStream;
use crate::error::Misuse;
use crate::protocol::Fault;
use crate::registry::{Log, Upkeep};

use super::identify::{Asking, Found};
use super::later::Later;
use super::session::Session;

/// Answers messages: knows bytes, never sockets.
///
/// [`JsonRpc`](crate::JsonRpc) is the one there is; a test or another protocol can be another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` answers no messages",
    label = "a layer that implements `Answer` must stand here",
    note = "put `JsonRpc` around what runs calls: `TcpServer::new(JsonRpc::new(registry))`"
)]
pub trait Answer: Send + Sync + 'static {
    /// Answers one message, appending the reply to `out`.
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered;

    /// Appends a fault as the reply to `message`, which is empty where there is none.
    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>);

    /// Answers a message whose answer was that [who calls](Answered::Asks) is to be found out first.
    fn answer_as_found(
        &self,
        found: Found,
        message: &[u8],
        session: &mut Session,
        out: &mut Vec<u8>,
    ) -> Answered {
        session.found = Some(Box::new(found));
        let answered = self.answer(message, session, out);
        session.found = None;
        answered
    }

    /// Hears that the server has stopped and waits no longer for the calls that still run.
    fn cut_off(&self) {}

    /// Says, before a server starts, what would keep it from answering.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to do about it.
    fn check(&self) -> Result<(), Misuse> {
        Ok(())
    }

    /// The settings that bound what each caller may do, as far as each process of a server counts alone. A layer passes on those of
    /// what it is around.
    fn limits_of_processes(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Is given, before a server serves, what says lines to those who operate it. A layer passes it on to what it is around.
    fn log_to(&self, log: &Log) {
        let _ = log;
    }

    /// Says what has to be done beside messages for as long as a server serves. A layer passes on what is said by what it is around.
    fn upkeep(&self) -> Vec<Upkeep> {
        Vec::new()
    }
}

/// A stack that several servers share.
impl<T: Answer> Answer for Arc<T> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        (**self).answer(message, session, out)
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        (**self).refuse(message, fault, session, out);
    }

    fn cut_off(&self) {
        (**self).cut_off();
    }

    fn check(&self) -> Result<(), Misuse> {
        (**self).check()
    }

    fn limits_of_processes(&self) -> Vec<&'static str> {
        (**self).limits_of_processes()
    }

    fn log_to(&self, log: &Log) {
        (**self).log_to(log);
    }

    fn upkeep(&self) -> Vec<Upkeep> {
        (**self).upkeep()
    }
}

/// What became of a message.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "a message that is answered later has no reply yet"]
pub enum Answered {
    /// The reply has been appended.
    Reply,
    /// The reply has been appended to a message that cannot be read. The connection closes after it where
    /// it is not certain where the next message begins, or a web page may have sent this one.
    Broken,
    /// The reply has been appended, and the connection closes after it.
    Last,
    /// There is no reply.
    Nothing,
    /// There is no reply, and none is waited for any more for the call with this id.
    Cancel {
        /// The id, as the text it came as.
        id: String,
    },
    /// There is no reply, and something is said of the stream or the upload of the call with this id.
    OfStream {
        /// The id, as the text it came as.
        id: String,
        /// What is said.
        said: OfStream,
    },
    /// The reply takes time: the function is asynchronous, or blocks a thread and this one must not be
    /// blocked, or there are several of them.
    Later(Later),
    /// There is no reply yet: who calls is to be found out first, which takes time. Nothing has run. Then the message is
    /// answered by [`Answer::answer_as_found`], and those behind it after that.
    Asks(Asking),
}
