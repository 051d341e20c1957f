//! The keys that tokens are checked with, and the file that they are in.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::error::{Error, Misuse};
use crate::registry::Log;
use crate::tls::{Stamp, stamp};
use crate::transport::small_file;

use super::json::{members, text};
use super::key::Jwk;
use super::problem::problem;

/// As long a set's text may be, in bytes.
const LENGTH: usize = 1 << 20;

/// So many keys may be in a set.
const KEYS: usize = 100;

/// The keys that tokens are checked with (RFC 7517, section 5), from a text or a file.
///
/// Keys in it that are of another kind or for another purpose are passed over.
#[derive(Clone)]
pub struct JwkSet(Source);

#[derive(Clone)]
enum Source {
    Fixed(Arc<[Jwk]>),
    File(Arc<KeyFile>),
}

/// A file of keys, read again when it has changed.
struct KeyFile {
    path: PathBuf,
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

impl JwkSet {
    /// Reads keys from a file: `{"keys":[…]}`.
    ///
    /// The file is looked at whenever a token is checked, and read again when it has changed. If it cannot be used then, the keys
    /// before stay, and the server's [log](crate::TcpServer::log) says why. A process that has not read those itself, since it was forked
    /// later, has none until the file is mended: keys that were taken away since the start do not come back. Write another file and
    /// rename it, so that it is never seen half written.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, is larger than 1 MiB, has something else, or has no key that can be used.
    pub fn from_file(file: impl AsRef<Path>) -> Result<Self, Error> {
        let path = file.as_ref().to_owned();
        // What changes from here on will be seen.
        let seen = stamp(&path);
        let kept = Mutex::new(Kept { keys: read(&path)?, seen, by: process::id() });
        Ok(Self(Source::File(Arc::new(KeyFile { path, kept, log: OnceLock::new() }))))
    }

    /// Reads keys from a text: `{"keys":[…]}`.
    ///
    /// # Errors
    ///
    /// Where it is something else, or has no key that can be used.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let keys = keys(json.as_bytes()).map_err(|why| problem(format!("the keys: {why}")))?;
        Ok(Self(Source::Fixed(keys)))
    }

    /// The keys as they are now; there are none where they cannot be read.
    pub(super) fn keys(&self) -> Arc<[Jwk]> {
        match &self.0 {
            Source::Fixed(keys) => Arc::clone(keys),
            Source::File(file) => file.keys(),
        }
    }

    /// Has it said when a file that has changed cannot be used.
    pub(super) fn log_to(&self, log: &Log) {
        if let Source::File(file) = &self.0 {
            // Whoever serves first hears of it.
            let _ = file.log.set(Arc::clone(log));
        }
    }
}

/// One key.
impl From<Jwk> for JwkSet {
    fn from(key: Jwk) -> Self {
        Self(Source::Fixed([key].into()))
    }
}

impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("JwkSet");
        if let Source::File(file) = &self.0 {
            fields.field("file", &file.path);
        }
        fields.finish_non_exhaustive()
    }
}

impl KeyFile {
    fn keys(&self) -> Arc<[Jwk]> {
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
        Arc::clone(&kept.keys)
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
    keys(&text).map_err(|why| problem(format!("{name}: {why}")))
}

/// The keys of a set that can be used, or why there are none.
fn keys(json: &[u8]) -> Result<Arc<[Jwk]>, String> {
    if json.len() > LENGTH {
        return Err("it is larger than 1 MiB".into());
    }
    let Some(set) = members(json) else {
        return Err(
            "it is no JSON object with distinct members; a set of keys is {\"keys\":[…]}".into()
        );
    };
    let Some(Value::Array(all)) = set.get("keys") else {
        return Err(if set.contains_key("kty") {
            "it is one key; a set of keys is {\"keys\":[…]}, and one key is for `Jwk::from_json`"
                .into()
        } else {
            "it has no `keys`; a set of keys is {\"keys\":[…]}".into()
        });
    };
    if all.len() > KEYS {
        return Err(format!("it has more than {KEYS} keys"));
    }
    let mut why = String::from("it has none");
    let mut keys = Vec::new();
    for (place, key) in all.iter().enumerate() {
        let read = match key {
            Value::Object(members) => Jwk::of(members),
            _ => Err("it is no object"),
        };
        match read {
            Ok(key) => keys.push(key),
            Err(problem) => {
                let id = key.as_object().and_then(|members| text(members, "kid"));
                let id = id.map_or_else(|| format!("number {}", place + 1), |id| format!("`{id}`"));
                why = format!("of the key {id}, {problem}");
            }
        }
    }
    if keys.is_empty() {
        return Err(format!("no key in it can be used: {why}"));
    }
    Ok(keys.into())
}

#[cfg(test)]
mod tests {
    use super::JwkSet;

    const KEY: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let set = format!(r#"{{"keys":[{{"kty":"new"}},{KEY},7,{{"kty":"oct","k":"AA"}}],"x":1}}"#);
        assert_eq!(JwkSet::from_json(&set).unwrap().keys().len(), 1);
    }

    #[test]
    fn a_set_without_a_key_says_why() {
        let many = format!(r#"{{"keys":[{}]}}"#, [KEY; 101].join(","));
        for (json, why) in [
            ("", "no JSON object"),
            ("[]", "no JSON object"),
            (KEY, "it is one key"),
            (r#"{"keys":{}}"#, "it has no `keys`"),
            (r#"{"keys":[]}"#, "it has none"),
            (r#"{"keys":[{"kid":"a","kty":"DSA"}]}"#, "of the key `a`, it is of another kind"),
            (r#"{"keys":[7]}"#, "number 1"),
            (r#"{"keys":[],"keys":[]}"#, "distinct"),
            (&many, "more than 100"),
            (&" ".repeat(2 << 20), "1 MiB"),
        ] {
            let said = JwkSet::from_json(json).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
