//! The state of one connection over TLS, which knows no socket: who reads.

use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use crate::registry::PeerCertificate;

use super::first_bytes::{self, First};
use super::flow::Flow;

mod writing;

/// How a server accepts a connection.
#[derive(Debug, Clone)]
pub(crate) struct Accepting {
    pub(crate) config: Arc<ServerConfig>,
    /// How long the handshake may take.
    pub(crate) patience: Duration,
    /// Whether plain text is served, too.
    pub(crate) allows_plain: bool,
}

/// The state of one connection.
///
/// Whoever reads from and writes to the stream below gives functions that do so. Three locks are taken in the
/// order in which they stand here; a reader never waits for `outgoing`, because the writer who holds it may wait for
/// a peer that waits for the reader. `state` is never held while the stream is used.
pub(crate) struct Session {
    /// Ciphertext that was read and not looked at.
    incoming: Mutex<Flow>,
    /// Ciphertext that the stream has not taken yet.
    outgoing: Mutex<Outgoing>,
    state: Mutex<State>,
    /// Whether the handshake is over, or there is none.
    is_done: AtomicBool,
    /// Whether bytes are passed on as they are.
    is_raw: AtomicBool,
    /// Whether a read would find something without asking the stream.
    has_more: AtomicBool,
    /// Whether the other side has been told that nothing more comes.
    is_closed: AtomicBool,
    /// Whether plain text was found that is refused, and nobody was told.
    refuses: AtomicBool,
    /// What the peer has shown, once the handshake is over.
    certificate: Arc<OnceLock<PeerCertificate>>,
    patience: Option<Duration>,
    /// When the handshake must be over.
    deadline: OnceLock<Instant>,
}

#[derive(Debug, Default)]
struct Outgoing {
    flow: Flow,
    /// Bytes that are on their way although who wrote them was told that there was no room. It will write them again.
    owed: Vec<u8>,
}

enum State {
    /// No byte has told yet whether the peer speaks TLS.
    Deciding {
        config: Arc<ServerConfig>,
        allows_plain: bool,
    },
    Tls(Box<Connection>),
    /// Plain text is passed on as it is.
    Plain,
    /// TLS has failed; what the peer still sends is passed on, for somebody who skips it.
    Broken(rustls::Error),
}

impl State {
    fn tls(mut connection: Connection) -> Self {
        // What is sealed at a time is bounded where it is written.
        connection.set_buffer_limit(None);
        Self::Tls(Box::new(connection))
    }
}

/// The error of the first read of plain text where TLS is spoken alone; from then on the text is passed on.
#[derive(Debug)]
pub(crate) struct PlainText;

impl PlainText {
    /// Whether an error is this one.
    pub(crate) fn is(error: &io::Error) -> bool {
        matches!(error.get_ref(), Some(inner) if inner.is::<Self>())
    }
}

impl fmt::Display for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer speaks plain text, and this is TLS")
    }
}

impl std::error::Error for PlainText {}

/// What a session reads ciphertext from and writes it to.
pub(super) trait Wire {
    fn recv(&mut self, room: &mut [u8]) -> io::Result<usize>;

    /// Writes what is taken without waiting.
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize>;
}

/// What a look without waiting has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Bytes,
    End,
    /// Somebody reads.
    Reader,
    /// Bytes are passed on as they are: the stream below tells.
    Raw,
}

/// Bytes of ciphertext that are read at a time: a record, and a little more.
const READ: usize = 18 * 1024;

thread_local! {
    /// Room for ciphertext. A connection holds none.
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Session {
    fn new(state: State, patience: Option<Duration>) -> Self {
        Self {
            incoming: Mutex::default(),
            outgoing: Mutex::default(),
            state: Mutex::new(state),
            is_done: AtomicBool::new(false),
            is_raw: AtomicBool::new(false),
            has_more: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            refuses: AtomicBool::new(false),
            certificate: Arc::default(),
            patience,
            deadline: OnceLock::new(),
        }
    }

    /// Starts a server's side that finds out whether the peer speaks TLS.
    pub(crate) fn accept(accepting: &Accepting) -> Self {
        let Accepting { config, patience, allows_plain } = accepting;
        let config = Arc::clone(config);
        let session =
            Self::new(State::Deciding { config, allows_plain: *allows_plain }, Some(*patience));
        if !allows_plain {
            session.start_clock();
        }
        session
    }

    /// Starts a client's side.
    pub(crate) fn client(config: Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<Self> {
        let connection = ClientConnection::new(config, name).map_err(broken)?;
        Ok(Self::new(State::tls(connection.into()), None))
    }

    fn start_clock(&self) {
        if let Some(deadline) =
            self.patience.and_then(|patience| Instant::now().checked_add(patience))
        {
            self.deadline.get_or_init(|| deadline);
        }
    }

    /// Whether the handshake is over, or there is none.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    /// Whether a client's handshake is still to come.
    #[inline]
    pub(super) fn must_shake_hands(&self) -> bool {
        !self.is_done() && self.with(|tls| matches!(tls, Connection::Client(_))) == Some(true)
    }

    /// Whether a read would find something without asking the stream.
    pub(crate) fn has_more(&self) -> bool {
        self.has_more.load(Ordering::Acquire)
    }

    /// What the peer has shown, once the handshake is over.
    pub(crate) fn certificate(&self) -> &Arc<OnceLock<PeerCertificate>> {
        &self.certificate
    }

    /// When the handshake must be over, where that has a limit and it is not over yet.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.is_done() { None } else { self.deadline.get().copied() }
    }

    /// The error of a handshake that has taken too long, if it has.
    pub(super) fn check_deadline(&self) -> io::Result<()> {
        match (self.deadline(), self.patience) {
            (Some(deadline), Some(patience)) if deadline <= Instant::now() => {
                let problem = format!(
                    "the TLS handshake was not finished within {patience:?}, its `handshake_timeout`"
                );
                Err(io::Error::new(ErrorKind::ConnectionAborted, problem))
            }
            _ => Ok(()),
        }
    }

    /// The state of TLS, where that is spoken.
    pub(crate) fn with<T>(&self, ask: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        match &mut *lock(&self.state) {
            State::Tls(connection) => Some(ask(connection)),
            _ => None,
        }
    }

    /// Whether the connection has broken, and what the peer still sends is to be skipped.
    pub(crate) fn is_broken(&self) -> bool {
        matches!(*lock(&self.state), State::Broken(_))
    }

    /// Reads, from the wire once at most. `Interrupted` where only TLS itself has gone on.
    pub(super) fn read(&self, room: &mut [u8], wire: &mut impl Wire) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        let mut incoming = lock(&self.incoming);
        if !self.is_raw() {
            if let Some(count) = self.take(&incoming, room)? {
                return Ok(count);
            }
            self.step(&mut incoming, wire)?;
            if !self.is_raw() {
                let taken = self.take(&incoming, room)?;
                return taken.ok_or_else(|| ErrorKind::Interrupted.into());
            }
            if incoming.is_empty() {
                return Err(ErrorKind::Interrupted.into());
            }
        } else if self.refuses.swap(false, Ordering::Relaxed) {
            return Err(io::Error::other(PlainText));
        } else if incoming.is_empty() {
            return wire.recv(room);
        }
        let count = incoming.take(room);
        self.has_more.store(!incoming.is_empty(), Ordering::Release);
        Ok(count)
    }

    /// Goes on with the handshake. `Interrupted` where it is not over yet, `ResourceBusy` where somebody who
    /// reads goes on with it.
    pub(super) fn shake_hands(&self, wire: &mut impl Wire) -> io::Result<()> {
        let Some(mut incoming) = try_lock(&self.incoming) else {
            return if self.is_done() { Ok(()) } else { Err(ErrorKind::ResourceBusy.into()) };
        };
        if self.is_done() {
            return Ok(());
        }
        self.step(&mut incoming, wire)?;
        if self.is_done() { Ok(()) } else { Err(ErrorKind::Interrupted.into()) }
    }

    /// Looks without waiting, over a wire that does not wait.
    pub(super) fn look(&self, wire: &mut impl Wire) -> Found {
        // What TLS says to itself is little.
        const AT_ONCE: usize = 16;
        let Some(mut incoming) = try_lock(&self.incoming) else {
            return Found::Reader;
        };
        for _ in 0..AT_ONCE {
            if self.is_raw() {
                return if incoming.is_empty() { Found::Raw } else { Found::Bytes };
            }
            let told = self.with(|tls| {
                let told = tls.process_new_packets().ok()?;
                Some((told.plaintext_bytes_to_read() > 0, told.peer_has_closed()))
            });
            match told {
                Some(Some((true, _))) => return Found::Bytes,
                Some(Some((false, true)) | None) => return Found::End,
                Some(Some((false, false))) | None => {}
            }
            match self.step(&mut incoming, wire) {
                Ok(true) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Found::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if PlainText::is(&error) => {
                    self.refuses.store(true, Ordering::Relaxed);
                }
                Ok(false) | Err(_) => return Found::End,
            }
        }
        Found::Bytes
    }

    /// Reads from the stream, unless there is something left, and has TLS go on. Whether the stream has not ended.
    fn step(&self, incoming: &mut Flow, wire: &mut impl Wire) -> io::Result<bool> {
        if !self.is_done() {
            self.flush_at_once(wire);
        }
        let (fed, ended) = if incoming.is_empty() || self.is_deciding() {
            let mut room = ROOM.take();
            room.resize(READ, 0);
            let received = wire.recv(&mut room);
            let bytes = received.as_ref().ok().and_then(|count| room.get(..*count));
            let fed = match bytes {
                Some(bytes) if incoming.is_empty() => {
                    let mut rest = bytes;
                    let fed = self.feed(&mut rest, bytes.is_empty());
                    incoming.push(rest);
                    fed
                }
                Some(bytes) => {
                    incoming.push(bytes);
                    self.feed_from(incoming, bytes.is_empty())
                }
                None => Ok(()),
            };
            ROOM.set(room);
            (fed, received? == 0)
        } else {
            (self.feed_from(incoming, false), false)
        };
        // What is owed to the peer: its answer to a new key, or what was wrong.
        self.flush_at_once(wire);
        match fed {
            Ok(()) => {}
            Err(Failed::Plain) => return Err(io::Error::other(PlainText)),
            Err(Failed::Tls(error)) => {
                let failed = broken(error.clone());
                *lock(&self.state) = State::Broken(error);
                self.is_raw.store(true, Ordering::Release);
                self.is_done.store(true, Ordering::Release);
                return Err(failed);
            }
        }
        if ended && !self.is_done() && !self.is_deciding() {
            let problem = "the peer ended the connection during the TLS handshake";
            return Err(io::Error::new(ErrorKind::UnexpectedEof, problem));
        }
        Ok(!ended)
    }

    fn feed_from(&self, flow: &mut Flow, ended: bool) -> Result<(), Failed> {
        let mut rest = flow.rest();
        let before = rest.len();
        let fed = self.feed(&mut rest, ended);
        let used = before - rest.len();
        flow.use_up(used);
        fed
    }

    /// Has TLS take ciphertext until there is plain text to read, or no ciphertext any more.
    fn feed(&self, bytes: &mut &[u8], ended: bool) -> Result<(), Failed> {
        let mut state = lock(&self.state);
        if !self.is_done() && !bytes.is_empty() {
            self.start_clock();
        }
        if let State::Deciding { config, allows_plain } = &*state {
            match first_bytes::look(bytes) {
                First::More if !ended => return Ok(()),
                First::Tls => {
                    *state = State::tls(ServerConnection::new(Arc::clone(config))?.into());
                }
                First::Plain | First::More => {
                    let refuses = !allows_plain && !bytes.is_empty();
                    *state = State::Plain;
                    self.is_raw.store(true, Ordering::Release);
                    self.is_done.store(true, Ordering::Release);
                    return if refuses { Err(Failed::Plain) } else { Ok(()) };
                }
            }
        }
        let State::Tls(connection) = &mut *state else { return Ok(()) };
        if ended {
            // Reading from memory does not fail.
            let _ = connection.read_tls(&mut io::empty());
            connection.process_new_packets()?;
        }
        while !bytes.is_empty() {
            match connection.read_tls(bytes) {
                Ok(1..) => {}
                // Nothing counts behind what ended the stream.
                _ => *bytes = &[],
            }
            if connection.process_new_packets()?.plaintext_bytes_to_read() > 0 {
                break;
            }
        }
        if !self.is_done() && !connection.is_handshaking() {
            if let Some(certificate) = connection.peer_certificates().and_then(<[_]>::first) {
                self.certificate.get_or_init(|| PeerCertificate::new(certificate));
            }
            self.is_done.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Takes plain text that is there, or the end of it (0); `None` where there is none.
    fn take(&self, incoming: &Flow, room: &mut [u8]) -> io::Result<Option<usize>> {
        let mut state = lock(&self.state);
        let State::Tls(connection) = &mut *state else { return Ok(None) };
        let is_client = matches!(**connection, Connection::Client(_));
        match connection.reader().read(room) {
            Ok(count) => {
                let told = connection.process_new_packets();
                let waits = told.is_ok_and(|told| told.plaintext_bytes_to_read() > 0);
                let has_more = count == 0 || waits || !incoming.is_empty();
                self.has_more.store(has_more, Ordering::Release);
                Ok(Some(count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.has_more.store(false, Ordering::Release);
                Ok(None)
            }
            // A client that ends the stream without saying so has said what it wanted: what is not whole is an error
            // anyhow. A server's reply may end where the stream does.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && is_client => {
                let problem = "the peer ended the connection and not TLS (no close_notify), so something may be missing";
                Err(io::Error::new(ErrorKind::UnexpectedEof, problem))
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    fn is_raw(&self) -> bool {
        self.is_raw.load(Ordering::Acquire)
    }

    fn is_deciding(&self) -> bool {
        !self.is_done() && matches!(*lock(&self.state), State::Deciding { .. })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("is_done", &self.is_done).finish_non_exhaustive()
    }
}

/// Why ciphertext could not be taken.
enum Failed {
    Plain,
    Tls(rustls::Error),
}

impl From<rustls::Error> for Failed {
    fn from(error: rustls::Error) -> Self {
        Self::Tls(error)
    }
}

/// How TLS has failed.
fn broken(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks what nobody else has locked.
fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
