//! Promises that other programs try: fuzzing, and tests that run with features of other crates turned on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::promise::{Effort, Figures, Promise};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_all(
        "foreign-features",
        foreign_features,
        "features that other crates of a program turn on in serde_json (`arbitrary_precision`, `preserve_order`, \
         `unbounded_depth`) change nothing that is sent or read",
    ),
    Promise::of_all(
        "fuzzing",
        fuzzing,
        "every parser that reads a peer's bytes is fuzzed, a minute each: no crash, nothing that takes longer than a \
         second",
    ),
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cargo(arguments: &str) -> Command {
    let mut command = Command::new("cargo");
    // What this program was started by would choose the toolchain.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").current_dir(workspace());
    command.args(arguments.split_whitespace()).stdin(Stdio::null());
    command
}

/// The last lines that a program has said.
fn last_words(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let lines: Vec<_> = said.lines().rev().take(15).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// The tests of values, numbers and odd JSON once more.
fn foreign_features(effort: Effort) -> Figures {
    if effort.is_quick {
        return Figures::skipped("everything is built anew for it; left to a full run");
    }
    let features =
        "serde_json/arbitrary_precision,serde_json/preserve_order,serde_json/unbounded_depth";
    let tests = ["values", "odd_json", "round_trips", "bytes", "json_rpc", "raw_values"];
    let found =
        tests.iter().filter(|test| workspace().join(format!("tests/tests/{test}.rs")).exists());
    let mut failed = Vec::new();
    let mut count = 0;
    for test in found {
        let output =
            cargo(&format!("test --package tests --test {test} --features {features}")).output();
        let output = output.expect("cargo");
        count += 1;
        if !output.status.success() {
            failed.push(format!("{test}: {}", last_words(&output)));
        }
    }
    Figures::new().told("groups of tests", f64::from(count), "").none_of("that fail", &failed)
}

/// Every target of `fuzz/`.
fn fuzzing(effort: Effort) -> Figures {
    if effort.is_quick {
        return Figures::skipped("everything is built anew for it; left to a full run");
    }
    let list = cargo("+nightly fuzz list").output();
    let Some(list) = list.ok().filter(|list| list.status.success()) else {
        return Figures::skipped("`cargo +nightly fuzz` is not installed here");
    };
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    let mut crashed = Vec::new();
    for target in list.split_whitespace() {
        let folder = workspace().join("fuzz");
        std::fs::create_dir_all(folder.join("corpus").join(target)).unwrap();
        let seeds = if folder.join("seeds").join(target).exists() {
            format!("seeds/{target}")
        } else {
            String::new()
        };
        let dictionary = if target == "xml" { "xml.txt" } else { "dictionary.txt" };
        let mut run = cargo(&format!(
            "+nightly fuzz run {target} corpus/{target} {seeds} -- -dict={dictionary} -max_total_time=60 -timeout=1"
        ));
        let output = run.current_dir(folder).output().expect("cargo");
        if !output.status.success() {
            crashed.push(format!("{target}: {}", last_words(&output)));
        }
    }
    Figures::new()
        .told("parsers", list.split_whitespace().count() as f64, "")
        .none_of("crashed or hung", &crashed)
}
