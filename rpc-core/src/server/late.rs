//! Peers that nobody can serve any more when the server stops: told that their calls have not run.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;

use crate::json_rpc::{Answer, Session};
use crate::protocol::{Connection, Fault, code};
use crate::pump::{Once, answer_once, answer_partial};
use crate::registry::CallContext;
use crate::transport::{Socket, Stream};

use super::busy::Busy;
use super::settings::Settings;
use super::unread_request::refuse_request;

const SAID: &str = "the server stops, and has not run the call";

/// Tells a peer for whom no descriptor or process is left that what it has sent by now has not run, and closes its
/// connection. Nothing is waited for; so nothing is told where a proxy or TLS would have to speak before.
pub(super) fn tell_late<A: Answer>(
    answer: &Arc<A>,
    settings: &Settings,
    model: &'static str,
) -> impl Fn(Socket) + Send + Sync + use<A> {
    let answer = Busy::saying(answer, Fault::new(code::SHUTTING_DOWN, SAID));
    let (limits, is_plain) = (settings.limits, settings.are_first_bytes_calls());
    move |stream| {
        let context = CallContext::of_connection(stream.peer(), model, None);
        let (session, connection) = (Session::new(context, limits), Connection::new(None, limits));
        if is_plain {
            // Who has gone needs to be told nothing.
            let _ = tell(&stream, connection, session, &answer);
        }
    }
}

fn tell<A: Answer>(
    stream: &Socket,
    mut connection: Connection,
    mut session: Session,
    answer: &Busy<A>,
) -> io::Result<()> {
    stream.set_nonblocking(true)?;
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

/// Reads what is there; whether the peer has ended its side.
fn read(stream: &Socket, connection: &mut Connection) -> io::Result<bool> {
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
