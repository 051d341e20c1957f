//! One connection, as its callers and the task that drives it both see it.
//!
//! The driving task writes what callers queue and reads their replies: many of either at once. A call
//! that is alone on its connection is written and its reply read by its own task, which saves two
//! turns of the runtime, or of two of its threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::transport::AsyncSocket;

use super::super::ClientBuilder;
use super::super::deadline::Deadline;
use super::super::flight::{Own, Progress};
use super::super::lost::Lost;
use super::io::Io;
use super::state::{Message, Orders, Permit, State, Transfer, Turn};

/// A connection and the calls in flight on it.
#[derive(Debug)]
pub(super) struct Connection(Mutex<State>);

/// The socket in somebody's hands, put back when this is dropped.
struct Held<'c> {
    connection: &'c Connection,
    io: Option<Box<Io>>,
    /// Whether it may be ready for more than was tried.
    is_ready: bool,
}

impl Connection {
    /// Takes a socket from which `received` has been read already.
    pub(super) fn new(
        peer: String,
        stream: AsyncSocket,
        received: &[u8],
        settings: &ClientBuilder,
    ) -> Arc<Self> {
        let connection = Arc::new(Self(Mutex::new(State::new(peer, settings))));
        let reader = Waker::from(Arc::clone(&connection));
        connection.lock().begin(Io::new(stream, received, reader, settings));
        connection
    }

    /// Whether further calls may be sent.
    pub(super) fn is_open(&self) -> bool {
        self.lock().flight.is_open()
    }

    /// Takes a connection that carries one call at a time for the next one, which holds `permit`;
    /// returns that where it cannot be taken.
    pub(super) fn take(&self, permit: Permit) -> Option<Permit> {
        self.with(|state| state.take(permit))
    }

    /// Says that nobody will call any more.
    pub(super) fn close(&self) {
        self.with(State::close);
    }

    /// Queues a call put together before, and returns its number.
    pub(super) fn start(&self, message: Message<'_>) -> Result<u64, Error> {
        self.with(|state| state.queue(message, None))
    }

    /// Sends a call put together before, for whose reply `task` is woken. Returns its number, and the
    /// socket where that is for the task to [use](Self::exchange).
    pub(super) fn send(
        &self,
        message: Message<'_>,
        task: &Context<'_>,
    ) -> Result<(u64, Option<Transfer>), Error> {
        self.with(|state| state.send(message, task))
    }

    /// Queues a call that wants no reply; returns its number where it has a response all the same.
    pub(super) fn notify(&self, message: Message<'_>) -> Result<Option<u64>, Error> {
        let write = |_, out: &mut Vec<u8>| {
            out.extend_from_slice(message.bytes);
            Ok(())
        };
        self.with(|state| {
            if state.flight.answers_notifications() {
                let call = state.flight.send_notification(message.method, write);
                state.watch(message.deadline);
                call.map(Some)
            } else {
                state.flight.notify(message.method, write).map(|_| None)
            }
        })
    }

    /// Asks for what a call comes to, for which `task` is woken later if it is not there.
    pub(super) fn poll<T: DeserializeOwned>(
        &self,
        call: u64,
        method: &str,
        deadline: Option<Deadline>,
        task: &Context<'_>,
    ) -> Poll<Result<T, Error>> {
        match self.with(|state| state.progress(call, method, deadline, task)) {
            Turn::Over(Progress::Answered(reply)) => {
                Poll::Ready(reply.decode(method, || self.doing(method)))
            }
            Turn::Over(Progress::Failed(error)) => Poll::Ready(Err(error)),
            Turn::Over(Progress::Waiting) => Poll::Pending,
            Turn::Transfers(transfer) => self.exchange(transfer, call, method, task),
        }
    }

    /// Writes and reads, and says what the call comes to if its reply is there.
    pub(super) fn exchange<T: DeserializeOwned>(
        &self,
        transfer: Transfer,
        call: u64,
        method: &str,
        task: &Context<'_>,
    ) -> Poll<Result<T, Error>> {
        let mut buffer = Vec::new();
        match Held::new(self, transfer.io).exchange(call, transfer.reads, &mut buffer) {
            Ok(Some(own)) => {
                // Nothing is locked while a user's type is made.
                let lose = |lost| self.lose(lost);
                let result = own.decode(method, &buffer, lose, || self.doing(method));
                self.give_back(buffer);
                Poll::Ready(result)
            }
            Ok(None) => Poll::Pending,
            Err(lost) => {
                self.lose(lost);
                // The error is there now.
                self.poll(call, method, None, task)
            }
        }
    }

    /// What a call does, for errors.
    #[cold]
    pub(super) fn doing(&self, method: &str) -> String {
        self.lock().flight.doing(method)
    }

    /// Gives a buffer back that a reply stood in.
    fn give_back(&self, buffer: Vec<u8>) {
        if !buffer.is_empty()
            && let Some(io) = self.lock().io()
        {
            io.inbound.give_buffer(buffer);
        }
    }

    /// Gives a call up.
    pub(super) fn cancel(&self, call: u64) {
        self.with(|state| state.cancel(call));
    }

    /// Takes the driver's turn: says what it does next.
    pub(super) fn orders(&self, task: &Context<'_>) -> Orders {
        self.with(|state| state.orders(task))
    }

    /// Writes what has been queued, reads what has come if the driver is to, and hands it out.
    pub(super) fn advance(
        &self,
        io: Box<Io>,
        reads: bool,
        task: &mut Context<'_>,
    ) -> Result<(), Lost> {
        Held::new(self, io).advance(reads, task)
    }

    /// Wakes everybody who waits, some of whom have waited long enough; and leaves reading to the
    /// driver.
    pub(super) fn expire(&self) {
        self.with(State::expire).into_iter().for_each(Waker::wake);
    }

    /// Ends the connection for every call in flight.
    pub(super) fn lose(&self, lost: Lost) {
        self.with(|state| state.lose(lost)).into_iter().for_each(Waker::wake);
    }

    /// Says that the driver is gone, and closes.
    pub(super) fn end(&self) {
        if let Some((io, words)) = self.with(State::end) {
            io.close(&words);
        }
        self.lose(Lost::closed());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and then does what is due: whoever is woken on another thread is not to find
    /// the lock taken.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        let due = state.due();
        drop(state);
        if let Some(due) = due {
            due.settle();
        }
        result
    }
}

/// Reads in one turn at most: a stream that has always more must not keep the clock from being looked at.
const TURNS: u32 = 128;

impl<'c> Held<'c> {
    fn new(connection: &'c Connection, io: Box<Io>) -> Self {
        Self { connection, io: Some(io), is_ready: true }
    }

    /// Writes what the task of a call has queued, and reads what is there if it is to; if the reply to
    /// the call is among it, returns that, and puts the buffer that it may stand in into `buffer`.
    fn exchange(
        mut self,
        call: u64,
        reads: bool,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Own>, Lost> {
        let Some(io) = self.io.as_deref_mut() else { return Ok(None) };
        if !io.try_write()? {
            // The driver writes the rest.
            self.connection.with(|state| state.is_left(call));
            return Ok(None);
        }
        self.is_ready = reads;
        let mut turns = 0..TURNS;
        while self.is_ready
            && let Some(io) = self.io.as_deref_mut()
        {
            if turns.next().is_none() {
                // The driver reads the rest.
                self.connection.with(|state| state.is_left(call));
                return Ok(None);
            }
            let Poll::Ready(count) = io.poll_read() else {
                self.is_ready = false;
                break;
            };
            let count = count?;
            // A reply's place in the buffer is not to be read over.
            self.is_ready = io.is_readable();
            match self.receive_own(count, call, buffer) {
                Ok(None) if count == 0 => return Err(Lost::closed()),
                Ok(None) => {}
                received => return received,
            }
        }
        Ok(None)
    }

    /// Hands out the replies in what was read. If that to `own` is among them, puts the socket back and
    /// returns it, with the buffer that it may stand in.
    fn receive_own(
        &mut self,
        count: usize,
        own: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Own>, Lost> {
        let received = self.connection.with(|state| {
            let Some(io) = self.io.as_deref_mut() else { return Ok(None) };
            let received = take_replies(state, io, count, Some(own));
            if let Ok(Some(found)) = &received {
                if found.is_unread() {
                    *buffer = io.inbound.take_buffer();
                }
                state.is_left(own);
                // Those who are to be woken are woken first, which is not done under the lock, nor is
                // the socket closed where the connection has ended.
                if io.awake.is_empty() {
                    self.io = self.io.take().and_then(|io| state.put_back(io, self.is_ready));
                }
            }
            received
        });
        if let Some(io) = &mut self.io {
            io.wake();
        }
        received
    }

    /// Writes what the driver has taken, and reads if it is to.
    fn advance(mut self, reads: bool, task: &mut Context<'_>) -> Result<(), Lost> {
        let Some(io) = self.io.as_deref_mut() else { return Ok(()) };
        if let Poll::Ready(written) = io.poll_write(task) {
            written?;
        }
        for _ in 0..TURNS {
            let Poll::Ready(count) = (if reads { io.poll_read() } else { Poll::Pending }) else {
                self.is_ready = false;
                break;
            };
            let count = count?;
            let received = self.connection.with(|state| take_replies(state, io, count, None));
            io.wake();
            received?;
            if count == 0 {
                return Err(Lost::closed());
            }
        }
        // Where there may be more, it is the driver's next turn that reads it.
        Ok(())
    }
}

/// Takes replies out of what was read, and hands them out, but for that of the call `own`.
fn take_replies(
    state: &mut State,
    io: &mut Io,
    count: usize,
    own: Option<u64>,
) -> Result<Option<Own>, Lost> {
    match count {
        // That may be how a reply ends.
        0 => state.flight.end(&mut io.inbound, own, &mut io.awake),
        _ => state.flight.receive(&mut io.inbound, own, &mut io.awake),
    }
}

/// Wakes whoever is to read what has come.
impl Wake for Connection {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(reader) = self.with(State::is_readable) {
            reader.wake();
        }
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(io) = self.io.take() {
            // Where the connection has ended it is closed, which is not done under the lock.
            let _gone = self.connection.with(|state| state.put_back(io, self.is_ready));
        }
    }
}
