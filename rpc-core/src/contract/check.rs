//! The contract in a file, for a test.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::registry::FunctionRegistry;

use super::change::Changes;
use super::document::compare;

/// Has the file written, where it is set to anything but nothing and `0`.
const UPDATE: &str = "UPDATE_CONTRACT";

/// Why an API does not keep its contract.
///
/// `Display` and `Debug` say so in the same words, so that a test which unwraps it can be read.
#[non_exhaustive]
pub enum ContractError {
    /// There is no file yet.
    Missing {
        /// Where it should be.
        path: String,
    },
    /// What is in the file is no OpenRPC document, or it cannot be read or written.
    Unreadable {
        /// Where it is.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Callers would break, or that cannot be decided; or, for [`check_all`], there are changes.
    Broken {
        /// Where the contract is.
        path: String,
        /// Every change, those that break first.
        changes: Changes,
    },
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(
                f,
                "there is no contract in {path} yet: run this test once with {UPDATE}=1, which writes it, and \
                 commit the file"
            ),
            Self::Unreadable { path, problem } => write!(
                f,
                "the contract in {path} {problem}; restore the file, or have it written anew with {UPDATE}=1"
            ),
            Self::Broken { path, changes } => {
                let keeps = if changes.is_compatible() {
                    "has more than is in the contract in"
                } else {
                    "no longer keeps the contract in"
                };
                write!(
                    f,
                    "the API {keeps} {path}\n\n{changes}\nTo take these changes into it, run this test with \
                     {UPDATE}=1, and commit the file."
                )
            }
        }
    }
}

impl fmt::Debug for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ContractError {}

/// Whether changes that are compatible pass, too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passes {
    Compatible,
    Nothing,
}

/// Checks that a registry keeps the contract in a file, which stands beside the code and is a document of OpenRPC.
/// The path is from the folder of the crate that is tested.
///
/// Where the environment has `UPDATE_CONTRACT=1` the file is written instead: for the first time, and to take
/// changes into it. Changes that are compatible pass, and are said on standard error.
///
/// ```no_run
/// # fn registry() -> rpc_core::FunctionRegistry { rpc_core::FunctionRegistry::exported() }
/// // In a test:
/// rpc_core::contract::check("openrpc.json", &registry()).unwrap();
/// ```
///
/// # Errors
///
/// Where callers would break, or that cannot be decided; where there is no file, or no document in it.
pub fn check(path: impl AsRef<Path>, registry: &FunctionRegistry) -> Result<(), ContractError> {
    check_file(path.as_ref(), &registry.openrpc(), Passes::Compatible)
}

/// The same, and lets no change pass that is not in the file: for teams that review every change of the API there.
///
/// # Errors
///
/// As [`check`], and where there are changes that are compatible.
pub fn check_all(path: impl AsRef<Path>, registry: &FunctionRegistry) -> Result<(), ContractError> {
    check_file(path.as_ref(), &registry.openrpc(), Passes::Nothing)
}

/// Checks that a document, made in whatever way, keeps the contract in a file: what
/// [`check`] does with that of a registry.
///
/// # Errors
///
/// As [`check`].
pub fn check_document(path: impl AsRef<Path>, document: &Value) -> Result<(), ContractError> {
    check_file(path.as_ref(), document, Passes::Compatible)
}

fn check_file(path: &Path, now: &Value, passes: Passes) -> Result<(), ContractError> {
    let updates =
        env::var_os(UPDATE).is_some_and(|value| !["", "0"].map(OsStr::new).contains(&&*value));
    keep(path, now, passes, updates)
}

/// Compares a document with the one in a file, or writes it there.
fn keep(path: &Path, now: &Value, passes: Passes, updates: bool) -> Result<(), ContractError> {
    let name = path.display().to_string();
    let unreadable = |problem: String| ContractError::Unreadable { path: name.clone(), problem };
    if updates {
        let text = format!("{now:#}\n");
        // A file that is as it should be keeps its time.
        if fs::read_to_string(path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        return fs::write(path, text)
            .map_err(|error| unreadable(format!("cannot be written: {error}")));
    }
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ContractError::Missing { path: name });
        }
        Err(error) => return Err(unreadable(format!("cannot be read: {error}"))),
    };
    let before: Value =
        serde_json::from_str(&text).map_err(|error| unreadable(format!("is not JSON: {error}")))?;
    if !before.get("methods").is_some_and(Value::is_array) {
        // Everything would seem new.
        return Err(unreadable("is no OpenRPC document: it has no array `methods`".to_owned()));
    }
    let changes = compare(&before, now);
    if changes.is_empty() {
        return Ok(());
    }
    if passes == Passes::Compatible && changes.is_compatible() {
        eprintln!("not in the contract in {name} yet ({UPDATE}=1 writes it):\n{changes}");
        return Ok(());
    }
    Err(ContractError::Broken { path: name, changes })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_written_kept_and_broken() {
        let folder = env::temp_dir().join(format!("contract-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("openrpc.json");
        let document = |names: &[&str]| {
            let methods = names.iter().map(|name| json!({ "name": name, "params": [] }));
            json!({ "methods": methods.collect::<Vec<_>>() })
        };
        let (one, two) = (document(&["a"]), document(&["a", "b"]));
        let said = |now: &Value, passes, updates| {
            keep(&path, now, passes, updates).map_err(|error| format!("{error:?}"))
        };
        let missing = said(&one, Passes::Compatible, false).expect_err("no file");
        assert!(missing.contains("run this test once with UPDATE_CONTRACT=1"), "{missing}");
        assert_eq!(said(&one, Passes::Nothing, true), Ok(()));
        assert_eq!(said(&one, Passes::Nothing, false), Ok(()));
        assert_eq!(said(&two, Passes::Compatible, false), Ok(()));
        let more = said(&two, Passes::Nothing, false).expect_err("a function more");
        assert!(
            more.contains("has more than is in the contract") && more.contains("b: is new"),
            "{more}"
        );
        let broken =
            said(&document(&["b"]), Passes::Compatible, false).expect_err("a function less");
        assert!(
            broken.contains("breaks callers:\n  a: is gone\ncompatible:\n  b: is new\n"),
            "{broken}"
        );
        for (text, problem) in [("{", "is not JSON"), ("{}", "it has no array `methods`")] {
            fs::write(&path, text).expect("a file");
            let error = said(&one, Passes::Compatible, false).expect_err("no document");
            assert!(error.contains(problem), "{error}");
        }
        fs::remove_dir_all(&folder).expect("the folder is removed");
    }
}
