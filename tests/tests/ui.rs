//! Mistakes do not compile, and the compiler says in one sentence what is wrong.

#![allow(clippy::unwrap_used)]

use std::env;
use std::process::Command;

/// The compiler whose words are in `ui/*.stderr`; others word their part of them differently.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained_and_what_is_none_compiles() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    if version.starts_with(COMPILER.as_bytes()) {
        cases.compile_fail("ui/*.rs");
    } else {
        println!("skipped: the messages of this compiler are not known");
    }
}
