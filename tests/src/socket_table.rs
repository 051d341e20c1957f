//! What the operating system says of the TCP sockets of a server, so that no test guesses how far it
//! has come.

use std::fs;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rpc_core::transport::Address;

use crate::until;

const ESTABLISHED: &str = "01";
const LISTENING: &str = "0A";

/// Waits until a server has accepted so many connections that are still open.
pub fn until_accepted(server: Address, count: usize) {
    // One that waits to be accepted belongs to no descriptor yet.
    let accepted = |table: &str| {
        let open = sockets(table, &server, ESTABLISHED);
        open.filter(|socket| socket.get(9).is_some_and(|inode| *inode != "0")).count() >= count
    };
    until_table(&format!("{count} connections are accepted"), accepted);
}

/// Waits until nothing listens at an address any more.
pub fn until_closed(server: Address) {
    until_table("the port is closed", |table| sockets(table, &server, LISTENING).count() == 0);
}

/// Waits until the other side's operating system has all that was written to a connection, or has ended it.
pub(crate) fn until_arrived(stream: &TcpStream) {
    let (Ok(local), Ok(remote)) = (stream.local_addr(), stream.peer_addr()) else { return };
    let [local, remote] = [local, remote].map(|end| format!(":{:04X}", end.port()));
    let is_on_its_way = |line: &str| {
        let columns: Vec<_> = line.split_whitespace().collect();
        matches!(columns[..], [_, at, to, _, queues, ..]
            if at.ends_with(&local) && to.ends_with(&remote) && !queues.starts_with("00000000:"))
    };
    until_table("what was written has arrived", |table| !table.lines().any(is_on_its_way));
}

/// The sockets of this state at an address, each in its columns.
fn sockets<'t>(
    table: &'t str,
    address: &Address,
    state: &str,
) -> impl Iterator<Item = Vec<&'t str>> {
    let port = address.socket_addr().expect("an address of TCP").port();
    let port = format!(":{port:04X}");
    // There may be thousands of others.
    let lines = table.lines().filter({
        let port = port.clone();
        move |line| line.contains(&port)
    });
    let columns = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    columns.filter(move |socket| {
        let is_at = socket.get(1).is_some_and(|local| local.ends_with(&port));
        is_at && socket.get(3) == Some(&state)
    })
}

fn until_table(what: &str, mut so: impl FnMut(&str) -> bool) {
    if fs::metadata("/proc/net/tcp").is_err() {
        // This system does not tell; it is given time.
        return thread::sleep(Duration::from_millis(200));
    }
    until(what, || so(&fs::read_to_string("/proc/net/tcp").unwrap()));
}
