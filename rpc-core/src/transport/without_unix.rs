//! Unix sockets, where the operating system has none.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::Socket;

pub(crate) fn connect(path: &Path, _: Duration) -> io::Result<Socket> {
    Err(refuse(path))
}

#[cfg(feature = "tokio")]
pub(crate) async fn connect_async(path: &Path) -> io::Result<super::AsyncSocket> {
    Err(refuse(path))
}

pub(crate) fn refuse(path: &Path) -> io::Error {
    let problem = format!("`unix:{}` needs an operating system with Unix sockets", path.display());
    io::Error::new(io::ErrorKind::Unsupported, problem)
}
