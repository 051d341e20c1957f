//! What is said where the operating system has no more processes, threads or descriptors: which settings give more.

use std::io;

/// What bounds processes and threads; errors do not tell which of them it was.
const PROCESSES: &str = "memory, `ulimit -u` or `TasksMax=`";

/// What a peer is told for whom there is no `what`.
pub(super) fn fault(what: &str) -> String {
    format!("the server can make no {what} now ({PROCESSES} are used up); try again later")
}

/// What is said of an error by which no process or thread was made.
pub(super) fn of_processes(error: impl std::fmt::Display) -> String {
    format!("{error}; raise {PROCESSES}")
}

/// What is said of an error of `accept`, where a process may have `limit` descriptors.
pub(super) fn of_descriptors(error: &io::Error, limit: Option<u64>) -> String {
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    match (error.raw_os_error(), limit) {
        (Some(EMFILE), Some(limit)) if cfg!(unix) => {
            format!("{error}; the limit is {limit}, raise it by `ulimit -n` or `LimitNOFILE=`")
        }
        (Some(ENFILE), _) if cfg!(unix) => format!("{error}; raise the machine's `fs.file-max`"),
        _ => error.to_string(),
    }
}
