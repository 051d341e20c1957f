//! Programs of other languages, run beside a test.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// Prepares a script of `python/` to be run; `None` where there is no Python 3, and then says so.
///
/// # Panics
///
/// Where there is none and `CI` says that there must be.
pub fn python(script: &str) -> Option<Command> {
    let mut command = program("python3")?;
    command.arg("-B").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script));
    Some(command)
}

/// Prepares a script of `node/` to be run by a Node that has WebSocket built in; `None` where there is
/// none, and then says so.
///
/// # Panics
///
/// Where there is none and `CI` says that there must be.
pub fn node(script: &str) -> Option<Command> {
    const OPTION: &str = "--experimental-websocket";
    let mut test = Command::new("node");
    test.args([OPTION, "--eval", "process.exit(typeof WebSocket === 'function' ? 0 : 1)"]);
    let found = test.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !found {
        assert!(env::var_os("CI").is_none(), "a Node with WebSocket is missing");
        println!("skipped: a Node with WebSocket is missing");
        return None;
    }
    let mut command = Command::new("node");
    command.args([OPTION, "--no-warnings"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("node").join(script));
    Some(command)
}

/// Prepares curl to be run, quiet but for what it receives; `None` where there is none, and then says
/// so.
///
/// # Panics
///
/// Where there is none and `CI` says that there must be.
pub fn curl() -> Option<Command> {
    let mut command = program("curl")?;
    command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "30"]);
    Some(command)
}

/// Prepares openssl to be run; `None` where there is none, and then says so.
///
/// # Panics
///
/// Where there is none and `CI` says that there must be.
pub fn openssl() -> Option<Command> {
    program_that_knows("openssl", "version")
}

fn program(name: &str) -> Option<Command> {
    program_that_knows(name, "--version")
}

fn program_that_knows(name: &str, argument: &str) -> Option<Command> {
    let mut version = Command::new(name);
    let found = version.arg(argument).output().is_ok_and(|output| output.status.success());
    if !found {
        assert!(env::var_os("CI").is_none(), "{name} is missing");
        println!("skipped: {name} is missing");
        return None;
    }
    Some(Command::new(name))
}

/// A program that runs until this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    /// Starts a program.
    pub fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).spawn().expect("a program that can be started");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, output }
    }

    /// Reads the next line it prints; empty at the end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    }

    /// Runs a program to its end and returns the lines it prints.
    pub fn lines(command: &mut Command) -> Vec<String> {
        let Output { status, stdout, stderr } =
            command.output().expect("a program that can be started");
        assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).expect("text").lines().map(str::to_owned).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
