//! Sockets that whoever started this program has opened for it: systemd's socket activation.

use std::env;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::process;

use crate::error::Error;

use super::listener::{Listen, Listener, ListeningSocket, Source, listen_failed};
use super::process::{is_listening, is_stream, take_handed};

/// A socket, TCP or Unix, that a service manager listens at and hands to this program when it starts it
/// (Unix): systemd's socket activation, as `sd_listen_fds(3)` describes it. A server listens at it as at an
/// address, in every model.
///
/// ```no_run
/// use rpc_core::server::InheritedSocket;
/// use rpc_core::RpcServer;
///
/// RpcServer::exported().serve(InheritedSocket::from_env()?)?;
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// The socket stays the service manager's. When the server stops, it accepts nobody any more and lets go
/// of the socket, which stays open; the file of a Unix socket stays where it is. Whoever has connected and
/// was not accepted, or connects meanwhile, waits there until the program is started anew.
///
/// Programs that this one starts do not get the socket: it is closed for them, and `LISTEN_PID` says that it
/// was not meant for them.
#[derive(Debug)]
#[must_use = "nobody is accepted from it until a server is told to"]
pub struct InheritedSocket {
    socket: ListeningSocket,
}

impl InheritedSocket {
    /// Takes the one socket that was handed over.
    ///
    /// # Errors
    ///
    /// Where none was handed to this process, or several were, or it was taken already, or is no socket that
    /// is listened at.
    pub fn from_env() -> Result<Self, Error> {
        let names = Names::from_env()?;
        match names.0[..] {
            [_] => Self::take(FIRST),
            _ => Err(failed(format!(
                "{} sockets were handed to this process ({}); take each with `InheritedSocket::named`",
                names.0.len(),
                names.0.join(", "),
            ))),
        }
    }

    /// Takes the socket of this name: that of the socket unit, `sum.socket`, or what its
    /// `FileDescriptorName=` says.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env), and where no socket, or more than one, has the name.
    pub fn named(name: &str) -> Result<Self, Error> {
        let names = Names::from_env()?;
        let mut found = (FIRST..).zip(&names.0).filter(|(_, of)| *of == name);
        match (found.next(), found.next()) {
            (Some((number, _)), None) => Self::take(number),
            (Some(_), Some(_)) => Err(failed(format!(
                "several sockets named `{name}` were handed to this process; give each a name of its \
                 own with `FileDescriptorName=`"
            ))),
            (None, _) => Err(failed(format!(
                "no socket named `{name}` was handed to this process, but {}",
                names.0.join(", "),
            ))),
        }
    }

    fn take(number: RawFd) -> Result<Self, Error> {
        let socket = take_handed(number).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => listen_failed(error).into(),
            _ => failed(format!(
                "descriptor {number}, which `LISTEN_FDS` counts among those handed to this process, is not \
                 open: {error}"
            )),
        })?;
        if !is_listening(socket.as_fd()) || !is_stream(socket.as_fd()) {
            return Err(failed(format!(
                "descriptor {number}, handed to this process, is no socket that is listened at; a socket \
                 unit needs `ListenStream=` and `Accept=no`"
            )));
        }
        Ok(Self { socket: of_its_family(socket)? })
    }
}

/// The number of the first descriptor that is handed over.
const FIRST: RawFd = 3;

/// The names of the descriptors that were handed over, in their order.
struct Names(Vec<String>);

impl Names {
    fn from_env() -> Result<Self, Error> {
        let [pid, count, names] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"].map(variable);
        let (Some(pid), Some(count)) = (pid, count) else {
            return Err(failed(
                "no socket was handed to this process: `LISTEN_PID` and `LISTEN_FDS` are not set; have a \
                 socket unit of systemd start it, or try it with `systemd-socket-activate`"
                    .to_owned(),
            ));
        };
        let this = process::id();
        if pid.parse() != Ok(this) {
            return Err(failed(format!(
                "the sockets were handed to process {} (`LISTEN_PID`), and this is {this}; a script that \
                 starts the program must `exec` it",
                pid.escape_debug(),
            )));
        }
        let is_number = count.bytes().all(|byte| byte.is_ascii_digit());
        let count: usize = match count.parse() {
            Ok(count @ 1..=MOST) if is_number => count,
            _ => {
                let shown = count.escape_debug();
                let problem =
                    format!("`LISTEN_FDS` is `{shown}`, and not a number from 1 to {MOST}");
                return Err(failed(problem));
            }
        };
        let names = names.unwrap_or_default();
        let mut names = names
            .split(':')
            .map(|name| if name.is_empty() { "unknown" } else { name })
            .map(str::to_owned);
        Ok(Self((0..count).map(|_| names.next().unwrap_or_else(|| "unknown".to_owned())).collect()))
    }
}

/// No program is handed more.
const MOST: usize = 1024;

fn variable(name: &str) -> Option<String> {
    Some(env::var_os(name)?.to_string_lossy().into_owned())
}

/// Finds out what kind of socket it is.
fn of_its_family(socket: OwnedFd) -> Result<ListeningSocket, Error> {
    let listener = UnixListener::from(socket);
    if listener.local_addr().is_ok() {
        return Ok(ListeningSocket::Unix(listener));
    }
    let listener = TcpListener::from(OwnedFd::from(listener));
    match listener.local_addr() {
        Ok(_) => Ok(ListeningSocket::Tcp(listener)),
        Err(_) => Err(failed("the socket that was handed over is neither TCP nor Unix".to_owned())),
    }
}

fn failed(problem: String) -> Error {
    listen_failed(io::Error::new(io::ErrorKind::InvalidInput, problem)).into()
}

#[allow(private_interfaces)]
impl Listen for InheritedSocket {
    fn listen(self) -> io::Result<Source> {
        Listener::kept_by_another(self.socket).map(Source::Socket)
    }
}
