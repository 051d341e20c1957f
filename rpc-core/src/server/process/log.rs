//! Standard error, for lines that nobody may wait for.

use std::io::{self, Write};
use std::os::fd::AsFd;

use super::sys;

/// Writes a line to standard error, unless that would block: the process that keeps workers at work
/// waits for nobody who does not read.
pub(in crate::server) fn to_stderr(line: &str) {
    let mut stderr = io::stderr();
    if sys::is_writable(stderr.as_fd()) {
        let _ = writeln!(stderr, "rpc server {}: {line}", std::process::id());
    }
}
