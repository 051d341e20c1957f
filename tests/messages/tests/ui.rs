//! Mistakes do not compile, and the compiler says in one sentence what is wrong.
//!
//! Its whole text is compared with `ui/*.stderr` by the compiler that wrote them. Other compilers word and lay out
//! their part of it differently: with them a mistake must not compile, and our own sentences must be there.

#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use trybuild::TestCases;

/// The compiler whose words are in `ui/*.stderr`.
const COMPILER: &str = "1.95.";

/// Where the cases are for a run of this program by itself.
const CASES: &str = "RPC_UI_CASES";

/// Sentences of the compiler's own that begin an error; all others that have no code are ours.
const COMPILERS_OWN: [&str; 1] = ["error: future cannot be sent between threads safely"];

fn compiler_is_the_one_that_is_known() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    let version = said.split(' ').nth(1).unwrap();
    version.starts_with(COMPILER) && !version.contains('-')
}

/// The files of a folder with this extension, and their texts.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|found| found == extension));
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// Has trybuild write what this compiler says of every case into `folder`; it fails where one compiles.
fn write_what_is_said(folder: &Path) {
    // A case names a file of `pass`.
    for (from, to) in [("ui", folder), ("ui/pass", &folder.join("pass"))] {
        fs::create_dir_all(to).unwrap();
        for (name, text) in files(from, "rs") {
            fs::write(to.join(name).with_extension("rs"), text).unwrap();
        }
    }
    let mut again = Command::new(env::current_exe().unwrap());
    again.args(env::args_os().skip(1));
    again.env("TRYBUILD", "overwrite").env(CASES, folder);
    assert!(again.status().unwrap().success(), "a mistake compiles");
}

/// Our sentences of a case that are missing in what this compiler says.
fn missing<'e>(expected: &'e str, said: &str) -> Vec<&'e str> {
    let ours = expected.lines().filter(|line| {
        line.starts_with("error: ") && !COMPILERS_OWN.contains(line)
            || line.starts_with("error[E0277]: `") && !line.contains("between threads")
    });
    ours.filter(|sentence| !said.contains(behind_path(sentence))).collect()
}

/// A sentence without the path of a closure in it, which trybuild writes as `$DIR`.
fn behind_path(sentence: &str) -> &str {
    let with_path = sentence.rsplit_once('}').filter(|(path, _)| path.contains("$DIR"));
    with_path.map_or(sentence, |(_, rest)| rest)
}

#[test]
fn mistakes_are_explained_and_what_is_none_compiles() {
    let cases = TestCases::new();
    if let Ok(folder) = env::var(CASES) {
        return cases.compile_fail(format!("{folder}/*.rs"));
    }
    cases.pass("ui/pass/*.rs");
    if compiler_is_the_one_that_is_known() {
        return cases.compile_fail("ui/*.rs");
    }
    println!("skipped: the whole text of messages, which is compared by Rust {COMPILER}x alone");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let _ = fs::remove_dir_all(&folder);
    write_what_is_said(&folder);
    let mut failures = Vec::new();
    for (name, expected) in files("ui", "stderr") {
        // Without a text where trybuild was told to run other cases only.
        let Ok(said) = fs::read_to_string(folder.join(format!("{name}.stderr"))) else { continue };
        let missing = missing(&expected, &said);
        if !missing.is_empty() {
            failures.push(format!("{name} lacks {missing:#?}:\n{said}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Those who have the component `rust-src` see lines of std's source in a message, and others do not.
#[test]
fn no_expected_message_quotes_the_standard_library() {
    for (name, text) in files("ui", "stderr") {
        assert!(!text.contains("$RUST"), "ui/{name}.stderr quotes std: word the error ourselves");
    }
}
