//! The file of a Unix socket: made for its users alone, taken over when stale, removed at the end.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process;

use crate::transport::{Address, check_path};

/// The file of a socket that is listened at, removed at the latest when this is dropped.
#[derive(Debug)]
pub(in crate::server) struct SocketFile {
    path: PathBuf,
    /// The device and the number of the file, by which it is known from one made in its place.
    identity: (u64, u64),
    /// The process that made it. Copies of that process have copies of this.
    owner: u32,
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file, if it is still this one and this process has made it.
    pub(super) fn remove(&self) {
        let is_same = |found: Metadata| identity(&found) == self.identity;
        if self.owner == process::id() && fs::symlink_metadata(&self.path).is_ok_and(is_same) {
            // What is left is stale, and is replaced by the next server here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Listens at a socket whose file has this mode, in the place of one where nobody listens any more.
pub(super) fn listen(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
    check_path(path)?;
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            remove_stale(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    };
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("unix:{}: {error}", path.display()))
    };
    let listener = listener.map_err(named)?;
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(named)?;
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(&fs::symlink_metadata(path).map_err(named)?),
        owner: process::id(),
    };
    Ok((listener, file))
}

/// Removes the file of a socket that no process holds.
///
/// A datagram cannot be sent to a socket of streams, and the operating system says whether for that
/// reason or because nobody holds it: a server that is there notices nothing.
fn remove_stale(path: &Path) -> io::Result<()> {
    let in_use = |problem: String| io::Error::new(ErrorKind::AddrInUse, problem);
    let address = Address::Unix(path.to_owned());
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(in_use(format!("{address} is the path of a file that is no socket")));
    }
    match UnixDatagram::unbound()?.connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Err(in_use(format!("somebody listens at {address} already"))),
    }
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}
