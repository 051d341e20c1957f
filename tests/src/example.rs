//! The example programs, built the way the test that runs them was.

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::cargo;

/// The programs by name.
static PROGRAMS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut cargo = cargo();
    cargo.args(["build", "--workspace", "--bins", "--message-format", "json"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    if env::var_os("CI").is_some() {
        // All tests are built already, with features of their own: without them the libraries would be built anew.
        cargo.arg("--tests");
    }
    let built = cargo.stderr(Stdio::inherit()).output().unwrap();
    assert!(built.status.success(), "the examples do not compile");
    let messages = String::from_utf8(built.stdout).unwrap();
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    messages
        .filter(|message| message["profile"]["test"] == false)
        .filter(|message| message["package_id"].as_str().is_some_and(|id| id.contains("/examples")))
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, message["executable"].as_str()?.to_owned()))
        })
        .collect()
});

/// Prepares an example program to be run.
pub fn example(name: &str) -> Command {
    Command::new(&PROGRAMS[name])
}

/// The names of all of them.
pub fn example_names() -> impl Iterator<Item = &'static str> {
    PROGRAMS.keys().map(String::as_str)
}
