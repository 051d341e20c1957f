//! The architecture's rules hold, those that a program can check.

#![allow(clippy::unwrap_used)]

#[path = "invariants/arrows.rs"]
mod arrows;
#[path = "invariants/folders.rs"]
mod folders;
#[path = "invariants/names.rs"]
mod names;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A source file: where it stands in the workspace, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The code before the file's unit tests, line by line, without comments and quoted text.
    fn code(&self) -> impl Iterator<Item = String> {
        let code = self.text.split("#[cfg(test)]").next().unwrap_or_default();
        code.lines().map(|line| {
            let unquoted: String = line.split('"').step_by(2).collect();
            unquoted.split("//").next().unwrap_or_default().to_owned()
        })
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust files under the folders, which are named from the workspace.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| workspace().join(folder)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(workspace()).unwrap();
            sources.push(Source { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
    assert!(sources.len() > 1, "{folders:?}");
    sources
}

const EVERYTHING: [&str; 6] = [
    "rpc-core/src",
    "rpc-macros/src",
    "examples/src",
    "tests/long/src",
    "tests/src",
    "tests/tests",
];

#[test]
fn the_protocol_and_the_dialects_own_no_socket_clock_or_thread() {
    for source in sources(&["rpc-core/src/protocol", "rpc-core/src/dialect"]) {
        for module in [
            "std::net",
            "std::io",
            "std::time",
            "std::thread",
            "std::sync",
            "std::fs",
            "std::process",
        ] {
            // A length of time is a value, and a clock is what tells one; a pointer and a number that is counted
            // together wait for nobody; bytes in memory are read and written too.
            let values = [
                "std::time::Duration",
                "std::sync::Arc",
                "std::sync::atomic",
                "std::io::Read",
                "std::io::Write",
            ];
            let names = |line: String| {
                values.iter().fold(line, |line, value| line.replace(value, "")).contains(module)
            };
            assert!(!source.code().any(names), "{} names {module}", source.path);
        }
    }
}

#[test]
fn a_server_model_knows_no_other() {
    // But for the one that is made of two, and says so by its name.
    let models = [
        "single_thread",
        "thread_per_connection",
        "fork_per_connection",
        "prefork",
        "event_loop",
        "prefork_event_loop",
    ];
    let files = sources(&["rpc-core/src/server"]);
    for model in models {
        let path = format!("rpc-core/src/server/{model}.rs");
        let file = files.iter().find(|source| source.path == path).expect(&path);
        let code: Vec<_> = file.code().collect();
        for other in models.into_iter().filter(|other| !model.contains(other)) {
            let camel: String =
                other.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            for named in [other, &camel] {
                let is_named = |line: &String| {
                    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                    words.any(|word| word == named)
                };
                assert!(!code.iter().any(is_named), "{path} names {named}");
            }
        }
    }
}

#[test]
fn every_file_says_first_what_it_is() {
    for source in sources(&EVERYTHING) {
        let first = source.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 5, "{}: {first}", source.path);
    }
}

#[test]
fn no_file_is_long() {
    for source in sources(&EVERYTHING) {
        let lines = source.text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines", source.path);
    }
}

#[test]
fn nothing_is_unsafe_but_the_calls_to_the_operating_system() {
    let sources = sources(&["rpc-core/src", "rpc-macros/src", "examples/src"]);
    let calls = "rpc-core/src/server/process/sys.rs";
    for source in sources.iter().filter(|source| source.path != calls) {
        let is_unsafe = |line: &String| {
            // The macros read the word to refuse it.
            let line = line.replace("Token![unsafe]", "");
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.any(|word| word == "unsafe" || word == "unsafe_code")
        };
        assert_eq!(source.code().find(is_unsafe), None, "{}", source.path);
    }
}

#[test]
fn the_default_build_needs_at_most_20_crates() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "--package",
            "rpc-core",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("serde_json") && crates.len() <= 20, "{crates:?}");
}
