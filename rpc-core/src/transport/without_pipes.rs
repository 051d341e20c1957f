//! The two ends of a program's standard input and output where pipes have no timeouts: threads copy.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use super::{MemoryStream, Stream};

/// What a program's standard input is written to and its output read from.
pub(super) type Pipes = MemoryStream;

/// Starts a program, with a thread for each direction.
pub(super) fn start(command: &mut Command) -> io::Result<(Pipes, Child)> {
    let (here, there) = MemoryStream::pair();
    let there = Arc::new(there);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(mut input), Some(mut output)) = (input, output) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let thread = |name: &str| thread::Builder::new().name(name.to_owned());
    let stream = Arc::clone(&there);
    thread("rpc program input").spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            if input.write_all(&buffer[..count]).and_then(|()| input.flush()).is_err() {
                break;
            }
        }
    })?;
    thread("rpc program output").spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            let mut bytes = &buffer[..count];
            while let Ok(count @ 1..) = there.write(bytes) {
                bytes = &bytes[count..];
            }
        }
        let _ = there.shutdown(Shutdown::Write);
    })?;
    Ok((here, child))
}

/// The same for a program on tokio.
#[cfg(feature = "tokio")]
#[allow(clippy::unnecessary_wraps)] // As where there are sockets.
pub(super) fn into_async(pipes: Pipes) -> io::Result<super::AsyncSocket> {
    Ok(super::AsyncSocket::Memory(pipes))
}
