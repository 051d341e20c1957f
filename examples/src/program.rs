//! How an example program begins and ends.

use std::env;
use std::error::Error;
use std::process::ExitCode;

/// Does what a program is for. Whoever asks with `--help` is told its `usage` instead, and what goes wrong is said in a
/// sentence.
pub fn program(usage: &str, run: impl FnOnce() -> Result<(), Box<dyn Error>>) -> ExitCode {
    if env::args().any(|argument| argument == "--help") {
        println!("{usage}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
