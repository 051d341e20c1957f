//! Tools over standard input and output: calls side by side, each of which can be cancelled.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::json_rpc::{Answer, Answered, Later, Session};
use crate::mcp::{Message, TOOLS_CALL, read};
use crate::protocol::{Fault, ProtocolError, code};
use crate::pump::wait;
use crate::registry::Caller;

use super::exhausted;
use super::service::Service;

/// Answers the lines of `input` until it ends.
pub(super) fn serve<A: Answer>(
    service: &Service<A>,
    input: impl Read,
    output: impl Write + Send + 'static,
) -> io::Result<()> {
    let (session, _) = service.begin(None, None);
    let limit = session.limits.max_message_bytes;
    let peer = Peer {
        answer: Arc::clone(&service.answer),
        session: session.in_mcp(),
        calls: Arc::default(),
        output: Arc::new(Mutex::new(output)),
    };
    let (mut input, mut line) = (BufReader::new(input), Vec::new());
    loop {
        line.clear();
        if read_at_most(&mut input, limit, &mut line)? == 0 {
            break;
        }
        if line.trim_ascii().len() > limit {
            let size = line.len() + skip_line(&mut input)?;
            peer.refuse(&[], &ProtocolError::TooLarge { size, limit }.to_fault())?;
        } else if !line.trim_ascii().is_empty() {
            peer.answer(line.trim_ascii())?;
        }
    }
    peer.calls.wait(service.stop_timeout());
    Ok(())
}

/// Reads a line, or some more bytes of it than may be.
fn read_at_most(input: &mut impl BufRead, limit: usize, line: &mut Vec<u8>) -> io::Result<usize> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(2);
    input.take(most).read_until(b'\n', line)
}

/// Steps over the rest of a line, and says how long that was.
fn skip_line(input: &mut impl BufRead) -> io::Result<usize> {
    const PART: usize = 64 * 1024;
    let (mut part, mut size) = (Vec::new(), 0);
    loop {
        part.clear();
        size += read_at_most(input, PART, &mut part)?;
        if part.is_empty() || part.ends_with(b"\n") {
            return Ok(size);
        }
    }
}

/// Whoever is at the other end, and what answers them.
struct Peer<A, W> {
    answer: Arc<A>,
    session: Session,
    calls: Arc<Calls>,
    output: Arc<Mutex<W>>,
}

impl<A: Answer, W: Write + Send + 'static> Peer<A, W> {
    /// Answers a message, at once or in a thread of its own.
    fn answer(&self, message: &[u8]) -> io::Result<()> {
        match read(message, &self.session.limits) {
            Ok(Message::Asked(asked)) if asked.method() == TOOLS_CALL => {
                self.start(asked.id, message)
            }
            _ => self.answer_now(message),
        }
    }

    fn answer_now(&self, message: &[u8]) -> io::Result<()> {
        let mut out = Vec::new();
        let mut session = self.session.clone();
        match ask_and_answer(&*self.answer, message, &mut session, &mut out) {
            Answered::Cancel { id } => self.calls.cancel(&id),
            Answered::Later(later) => out = wait(later.reply(), None).unwrap_or_default(),
            Answered::Asks(_)
            | Answered::OfStream { .. }
            | Answered::Nothing
            | Answered::Broken
            | Answered::Reply
            | Answered::Last => {}
        }
        write_line(&self.output, out)
    }

    /// Starts a call in a thread of its own.
    fn start(&self, id: &str, message: &[u8]) -> io::Result<()> {
        let Some(call) = self.calls.begin(id, self.session.limits.max_calls_running) else {
            let limit = self.session.limits.max_calls_running;
            let sentence = format!(
                "{limit} calls run already, as many as may; wait for some, or raise \
                 `Limits::max_calls_running`"
            );
            return self.refuse(message, &Fault::new(code::OVERLOADED, sentence));
        };
        let begun = Begun { call, calls: Arc::clone(&self.calls) };
        let mut session = self.session.called_by(Arc::clone(&begun.call) as _).in_mcp();
        let (answer, output) = (Arc::clone(&self.answer), Arc::clone(&self.output));
        let copy = message.to_vec();
        let run = move || {
            let mut out = Vec::new();
            match ask_and_answer(&*answer, &copy, &mut session, &mut out) {
                Answered::Later(later) => out = finish(later, &begun.call),
                Answered::Nothing
                | Answered::Cancel { .. }
                | Answered::OfStream { .. }
                | Answered::Asks(_) => return,
                Answered::Reply | Answered::Broken | Answered::Last => {}
            }
            if begun.end() {
                // Whoever does not read any more has ended the input too.
                let _ = write_line(&output, out);
            }
        };
        match thread::Builder::new().name("rpc call".to_owned()).spawn(run) {
            Ok(_) => Ok(()),
            Err(error) => {
                let sentence = exhausted::of_processes(error);
                let sentence = format!("no thread can be made for the call now: {sentence}");
                self.refuse(message, &Fault::new(code::OVERLOADED, sentence))
            }
        }
    }

    fn refuse(&self, message: &[u8], fault: &Fault) -> io::Result<()> {
        let mut out = Vec::new();
        self.answer.refuse(message, fault, &mut self.session.clone(), &mut out);
        write_line(&self.output, out)
    }
}

/// Answers a message, and has it found out before who has sent it, where that takes time.
fn ask_and_answer(
    answer: &impl Answer,
    message: &[u8],
    session: &mut Session,
    out: &mut Vec<u8>,
) -> Answered {
    match answer.answer(message, session, out) {
        Answered::Asks(asking) => match wait(Box::pin(asking), None) {
            Some(found) => answer.answer_as_found(found, message, session, out),
            None => Answered::Nothing,
        },
        answered => answered,
    }
}

/// Writes a message as a line, whole.
fn write_line(output: &Mutex<impl Write>, mut message: Vec<u8>) -> io::Result<()> {
    if message.is_empty() {
        return Ok(());
    }
    message.push(b'\n');
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write_all(&message)?;
    output.flush()
}

/// Does what must be done for a reply, as long as somebody waits for it.
fn finish(later: Later, call: &Arc<Call>) -> Vec<u8> {
    let wanted = Wanted { reply: later.reply(), call: Arc::clone(call) };
    wait(Box::pin(wanted), None).unwrap_or_default()
}

/// The calls that run.
#[derive(Default)]
struct Calls {
    running: Mutex<Vec<Arc<Call>>>,
    /// Told when there are none any more.
    none: Condvar,
}

/// One that runs, for whoever asks whether somebody waits for it.
struct Call {
    id: String,
    is_cancelled: AtomicBool,
    /// Woken when it is cancelled.
    waker: Mutex<Option<Waker>>,
}

impl Calls {
    fn running(&self) -> MutexGuard<'_, Vec<Arc<Call>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call, where not as many run already as may.
    fn begin(&self, id: &str, most: usize) -> Option<Arc<Call>> {
        let mut running = self.running();
        if running.len() >= most.max(1) {
            return None;
        }
        let (id, is_cancelled) = (id.to_owned(), AtomicBool::new(false));
        let call = Arc::new(Call { id, is_cancelled, waker: Mutex::default() });
        running.push(Arc::clone(&call));
        Some(call)
    }

    fn cancel(&self, id: &str) {
        for call in self.running().iter().filter(|call| call.id == id) {
            call.is_cancelled.store(true, Ordering::SeqCst);
            let waker = call.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Waits until none runs, but no longer than `limit`.
    fn wait(&self, limit: Duration) {
        let running = self.running();
        let _ = self.none.wait_timeout_while(running, limit, |running| !running.is_empty());
    }
}

impl Caller for Call {
    fn is_gone(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }
}

/// A call that has begun, until this is dropped.
struct Begun {
    call: Arc<Call>,
    calls: Arc<Calls>,
}

impl Begun {
    /// Whether its reply is still waited for.
    fn end(&self) -> bool {
        !self.call.is_gone()
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let mut running = self.calls.running();
        running.retain(|call| !Arc::ptr_eq(call, &self.call));
        if running.is_empty() {
            self.calls.none.notify_all();
        }
    }
}

/// A reply that is given up when its call is cancelled.
struct Wanted {
    reply: Pin<Box<dyn Future<Output = Vec<u8>> + Send>>,
    call: Arc<Call>,
}

impl Future for Wanted {
    type Output = Vec<u8>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Vec<u8>> {
        {
            let mut waker = self.call.waker.lock().unwrap_or_else(PoisonError::into_inner);
            *waker = Some(task.waker().clone());
        }
        if self.call.is_gone() { Poll::Ready(Vec::new()) } else { self.reply.as_mut().poll(task) }
    }
}
