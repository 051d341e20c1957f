//! Stands in for the standard error of systems that fork, which is never waited for.

/// Writes a line to standard error.
pub(super) fn to_stderr(line: &str) {
    eprintln!("rpc server: {line}");
}
