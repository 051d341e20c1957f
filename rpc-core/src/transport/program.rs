//! A program that is started, and spoken to over its standard input and output.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
#[cfg(feature = "tokio")]
use std::pin::Pin;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
#[cfg(feature = "tokio")]
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(feature = "tokio")]
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[cfg(feature = "tokio")]
use super::{AsyncSocket, AsyncTransport};
use super::{Stream, Transport, pipes};

/// Starts a program for each connection and speaks to it over its standard input and output, as an
/// editor does to a language server.
///
/// [`RpcClient::spawn`](crate::RpcClient::spawn) makes a client of one. What the program writes to
/// standard error goes where the command says: by default, to this program's own.
///
/// When a connection is closed, the program's input ends. It has five seconds to end then, and is
/// killed if it has not.
pub struct ProgramTransport {
    command: Mutex<Command>,
    name: String,
}

impl ProgramTransport {
    /// Takes the command. Its standard input and output are set when it is started.
    pub fn new(command: Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        Self { command: Mutex::new(command), name }
    }

    fn start(&self) -> io::Result<(pipes::Pipes, Guard)> {
        let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        let (pipes, child) = pipes::start(&mut command)?;
        Ok((pipes, Guard(Some(child))))
    }
}

impl Transport for ProgramTransport {
    type Stream = ProgramStream;

    fn connect(&self, _: Duration) -> io::Result<ProgramStream> {
        let (pipes, program) = self.start()?;
        Ok(ProgramStream { pipes, program })
    }

    fn peer(&self) -> String {
        format!("program `{}`", self.name)
    }
}

#[cfg(feature = "tokio")]
impl AsyncTransport for ProgramTransport {
    type Stream = AsyncProgramStream;

    async fn connect(&self) -> io::Result<AsyncProgramStream> {
        let (pipes, program) = self.start()?;
        Ok(AsyncProgramStream { pipes: pipes::into_async(pipes)?, program })
    }

    fn peer(&self) -> String {
        Transport::peer(self)
    }
}

impl fmt::Debug for ProgramTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramTransport").field("program", &self.name).finish_non_exhaustive()
    }
}

/// The standard input and output of a program that [`ProgramTransport`] has started.
#[derive(Debug)]
pub struct ProgramStream {
    // Closed before the program is waited for.
    pipes: pipes::Pipes,
    program: Guard,
}

impl ProgramStream {
    /// The number of the program's process.
    pub fn id(&self) -> u32 {
        self.program.id()
    }
}

impl Stream for ProgramStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pipes.read(buffer)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.pipes.write(bytes)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.pipes.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.pipes.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.pipes.shutdown(how)
    }

    fn is_quiet(&self) -> bool {
        self.pipes.is_quiet()
    }

    fn is_ended(&self) -> bool {
        self.pipes.is_ended()
    }

    fn peer(&self) -> Option<SocketAddr> {
        None
    }
}

/// The standard input and output of a program that [`ProgramTransport`] has started, for programs on
/// tokio.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub struct AsyncProgramStream {
    // Closed before the program is waited for.
    pipes: AsyncSocket,
    program: Guard,
}

#[cfg(feature = "tokio")]
impl AsyncProgramStream {
    /// The number of the program's process.
    pub fn id(&self) -> u32 {
        self.program.id()
    }
}

#[cfg(feature = "tokio")]
impl AsyncRead for AsyncProgramStream {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().pipes).poll_read(task, buffer)
    }
}

#[cfg(feature = "tokio")]
impl AsyncWrite for AsyncProgramStream {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().pipes).poll_write(task, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().pipes).poll_flush(task)
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().pipes).poll_shutdown(task)
    }
}

/// A program that has been started. Dropping this waits for its end on another thread.
#[derive(Debug)]
struct Guard(Option<Child>);

impl Guard {
    fn id(&self) -> u32 {
        self.0.as_ref().map_or(0, Child::id)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        // Most programs that this is for have ended by now, or end with their input.
        if matches!(child.try_wait(), Ok(None)) {
            // Without a thread it is left to itself.
            let _ = thread::Builder::new()
                .name("rpc program ends".to_owned())
                .spawn(move || reap(&mut child));
        }
    }
}

/// Waits until a program has ended; kills one that takes too long.
fn reap(child: &mut Child) {
    const PATIENCE: Duration = Duration::from_secs(5);
    const PAUSE: Duration = Duration::from_millis(10);
    let begun = Instant::now();
    while let Ok(None) = child.try_wait() {
        if begun.elapsed() >= PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        thread::sleep(PAUSE);
    }
}
