//! Peers that nobody can serve any more when the server stops: told that their calls have not run.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;

use crate::json_rpc::{Answer, Session};
use crate::protocol::{Connection, Fault, code};
use crate::proxy::{Header, HeaderReader};
use crate::pump::{Once, answer_once, answer_partial};
use crate::registry::{CallContext, Trace};
use crate::transport::{AnyStream, Socket, Stream};

use super::busy::Busy;
use super::peer::{TurnedAway, is_unix};
use super::settings::Settings;
use super::unread_request::refuse_request;

const SAID: &str = "the server stops, and has not run the call";

/// Tells a peer for whom no descriptor or process is left that what it has sent by now has not run, and closes its
/// connection. Nothing is waited for; so nothing is told where it has said nothing, or TLS would have to speak before.
pub(super) fn tell_late<A: Answer>(
    answer: &Arc<A>,
    settings: &Settings,
    model: &'static str,
) -> impl Fn(Socket) + Send + Sync + use<A> {
    let answer = Busy::saying(answer, Fault::new(code::SHUTTING_DOWN, SAID));
    let (limits, proxies) = (settings.limits, settings.proxies.clone());
    let speaks_tls = settings.speaks_tls();
    move |stream| {
        if speaks_tls {
            return;
        }
        let stream = AnyStream::Socket(stream);
        let peer = stream.peer();
        let trusted = proxies.trusted_at(peer, is_unix(&stream));
        if proxies.takes_header && trusted.is_none() {
            return;
        }
        let caller = Arc::new(TurnedAway::of(&stream, &Trace::default(), trusted));
        let context = CallContext::of_connection(peer, model, Some(caller));
        let (session, connection) = (Session::new(context, limits), Connection::new(None, limits));
        // Who has gone needs to be told nothing.
        let _ = tell(&stream, proxies.takes_header, connection, session, &answer);
    }
}

fn tell<A: Answer>(
    stream: &AnyStream,
    takes_header: bool,
    mut connection: Connection,
    mut session: Session,
    answer: &Busy<A>,
) -> io::Result<()> {
    let Some(socket) = stream.socket() else { return Ok(()) };
    socket.set_nonblocking(true)?;
    if takes_header {
        let Some(header) = read_header(stream)? else { return Ok(()) };
        if let Some(source) = header.source {
            session.context.came_from(source);
        }
    }
    let ended = read(stream, &mut connection)?;
    let words = match answer_once(&mut connection, &mut session, answer, ended) {
        Once::Http => refuse_request(&connection.into_received(), answer, &mut session),
        Once::Waits if !connection.is_partial() => return Ok(()),
        once => {
            if once == Once::Waits {
                answer_partial(&mut connection, &mut session, answer);
            }
            connection.output().to_vec()
        }
    };
    stream.write(&words)?;
    stream.shutdown(Shutdown::Write)?;
    // What it has sent meanwhile would have the operating system throw the words away.
    read(stream, &mut Connection::new(None, session.limits)).map(drop)
}

/// Reads the header of a proxy, if it is there.
fn read_header(stream: &AnyStream) -> io::Result<Option<Header>> {
    const ROOM: usize = 512;
    let mut reader = HeaderReader::default();
    let mut room = [0; ROOM];
    loop {
        let room = &mut room[..reader.missing().min(ROOM)];
        match stream.read(room) {
            Ok(0) => return Ok(None),
            Ok(count) => match reader.take(room.get(..count).unwrap_or_default()) {
                Ok(None) => {}
                Ok(header) => return Ok(header),
                Err(_) => return Ok(None),
            },
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads what is there; whether the peer has ended its side.
fn read(stream: &AnyStream, connection: &mut Connection) -> io::Result<bool> {
    const ENOUGH: usize = 64 * 1024;
    while connection.partial().len() <= ENOUGH {
        match stream.read(connection.room()) {
            Ok(0) => return Ok(true),
            Ok(count) => connection.received(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
