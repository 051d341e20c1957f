//! A file that keys are in, read again when it has changed.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::Misuse;
use crate::protocol::{Fault, code};
use crate::registry::Log;
use crate::tls::{Stamp, stamp};
use crate::transport::small_file;

use super::key::Jwk;
use super::key_text::{self, LENGTH};
use super::problem::problem;

/// A file of keys, read again when it has changed.
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    kept: Mutex<Kept>,
    log: OnceLock<Log>,
}

/// What was read of a file.
struct Kept {
    keys: Arc<[Jwk]>,
    seen: Stamp,
    /// The process that has read it.
    by: u32,
}

impl KeyFile {
    pub(super) fn read(path: &Path) -> Result<Self, Misuse> {
        let path = path.to_owned();
        // What changes from here on will be seen.
        let seen = stamp(&path);
        let kept = Mutex::new(Kept { keys: read(&path)?, seen, by: process::id() });
        Ok(Self { path, kept, log: OnceLock::new() })
    }

    /// The keys as they are now.
    pub(super) fn keys(&self) -> Result<Arc<[Jwk]>, Fault> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = stamp(&self.path);
        if seen != kept.seen {
            let by = process::id();
            let keys = read(&self.path).unwrap_or_else(|problem| {
                let (keys, instead) = if kept.by == by {
                    (Arc::clone(&kept.keys), "those before stay")
                } else {
                    (Arc::default(), "no token can be checked")
                };
                self.say(&format!(
                    "the keys that were changed are not used, and {instead}: {problem}"
                ));
                keys
            });
            *kept = Kept { keys, seen, by };
        }
        if kept.keys.is_empty() {
            let problem = "the keys that tokens are checked with cannot be read now";
            return Err(Fault::new(code::OVERLOADED, problem));
        }
        Ok(Arc::clone(&kept.keys))
    }

    /// Has it said when the file has changed and cannot be used.
    pub(super) fn log_to(&self, log: &Log) {
        // Whoever serves first hears of it.
        let _ = self.log.set(Arc::clone(log));
    }

    fn say(&self, line: &str) {
        if let Some(log) = self.log.get() {
            log(line);
        }
    }
}

fn read(path: &Path) -> Result<Arc<[Jwk]>, Misuse> {
    let name = path.display();
    let text = small_file::read(path, LENGTH);
    let text = text.map_err(|error| problem(format!("{name}: {error}")))?;
    key_text::keys(&text).map_err(|why| problem(format!("{name}: {why}")))
}
