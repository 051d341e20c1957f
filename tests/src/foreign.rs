//! Libraries of other languages, in programs that print what became of their calls.
//!
//! `tests/foreign/install` installs the libraries. Where one is missing, that is said and the test is
//! skipped; with `CI` in the environment it fails.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::{Running, cargo};

/// A language, with the libraries that are installed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Python 3, in the virtual environment with the packages of `requirements.txt`.
    Python,
    /// Node, with the packages of `package-lock.json`.
    Node,
    /// Perl, with RPC::XML.
    Perl,
    /// Ruby, with xmlrpc.
    Ruby,
    /// PHP, with its extension xmlrpc.
    Php,
    /// A shell, with curl.
    Shell,
    /// Rust, in a workspace of its own.
    Rust,
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn sources() -> PathBuf {
    workspace().join("tests/foreign")
}

fn installed() -> PathBuf {
    workspace().join("target/foreign")
}

/// Whether the programs in Rust are there; they are built where their dependencies once were.
static RUST: LazyLock<bool> = LazyLock::new(|| {
    let target = installed().join("rust");
    target.is_dir() && {
        let mut cargo = cargo();
        cargo
            .args(["build", "--quiet", "--locked", "--manifest-path"])
            .arg(sources().join("rust/Cargo.toml"));
        cargo.arg("--target-dir").arg(target).status().unwrap().success()
    }
});

/// Says that a test is skipped for want of something.
///
/// # Panics
///
/// Where `CI` says that nothing may be wanting.
pub(crate) fn missing<T>(what: &str) -> Option<T> {
    assert!(env::var_os("CI").is_none(), "missing: {what}; tests/foreign/install installs it");
    println!("skipped: {what} is missing; tests/foreign/install installs it");
    None
}

/// Prepares a program in Node that drives a browser; `None` where it or the browser is missing, and then says so.
///
/// # Panics
///
/// Where that is missing and `CI` says that it must not be.
pub fn browser(script: &str) -> Option<Command> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut programs = env::split_paths(&path).flat_map(|folder| {
        ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
    });
    let Some(chromium) = programs.find(|program| program.is_file()) else {
        return missing("Chromium");
    };
    let mut program = Language::Node.program(script)?;
    program.env("CHROMIUM", chromium);
    Some(program)
}

/// Prepares a program of `foreign/mcp/` to be run, by a Node that is new enough for what it needs; `None` where that is
/// missing, and then says so.
///
/// # Panics
///
/// Where it is missing and `CI` says that it must not be.
pub fn mcp(script: &str) -> Option<Command> {
    let folder = installed().join("mcp");
    let node = folder.join("node_modules/node/bin/node");
    if !node.exists() {
        return missing(&format!("Node 22 or a library of MCP, for {script}"));
    }
    for file in fs::read_dir(sources().join("mcp")).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "mjs") {
            // Where they are installed is where modules find them.
            let copy = folder.join(file.file_name().unwrap());
            let text = fs::read(&file).unwrap();
            if fs::read(&copy).ok().as_ref() != Some(&text) {
                fs::write(copy, text).unwrap();
            }
        }
    }
    let mut command = Command::new(node);
    command.arg(script).current_dir(folder);
    Some(command)
}

/// Prepares a language server to be started, which speaks over its standard input and output; `None`
/// where there is none, and then says so.
///
/// # Panics
///
/// Where it is missing and `CI` says that it must not be.
pub fn language_server() -> Option<Command> {
    let program = installed().join("python/bin/pylsp");
    if program.exists() { Some(Command::new(program)) } else { missing("python-lsp-server") }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "Python",
            Self::Node => "Node",
            Self::Perl => "Perl",
            Self::Ruby => "Ruby",
            Self::Php => "PHP",
            Self::Shell => "shell",
            Self::Rust => "Rust",
        })
    }
}

impl Language {
    /// Prepares a program of `foreign/` to be run; `None` where what it needs is missing, and then says so.
    ///
    /// # Panics
    ///
    /// Where that is missing and `CI` says that it must not be.
    pub fn program(self, script: &str) -> Option<Command> {
        if !self.is_installed() {
            return missing(&format!("{self} or its libraries, for {script}"));
        }
        let interpreter = match self {
            Self::Python => installed().join("python/bin/python"),
            Self::Node => "node".into(),
            Self::Perl => "perl".into(),
            Self::Ruby => "ruby".into(),
            Self::Php => "php".into(),
            Self::Shell => "bash".into(),
            Self::Rust => return Some(Command::new(installed().join("rust/debug").join(script))),
        };
        let mut command = Command::new(interpreter);
        command.arg(sources().join(script));
        command.env("NODE_PATH", installed().join("node/node_modules"));
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        Some(command)
    }

    fn is_installed(self) -> bool {
        let runs = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        match self {
            Self::Python => installed().join("python/bin/python").exists(),
            Self::Node => {
                installed().join("node/node_modules").is_dir() && runs("node", &["--version"])
            }
            Self::Perl => runs("perl", &["-MRPC::XML::Client", "-e", "1"]),
            Self::Ruby => runs("ruby", &["-rxmlrpc/client", "-e", "1"]),
            Self::Php => runs("php", &["-r", "exit((int) !function_exists('xmlrpc_encode'));"]),
            Self::Shell => runs("curl", &["--version"]),
            Self::Rust => *RUST,
        }
    }
}

/// What a program said of its library and of the checks it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The library's name.
    pub library: String,
    /// Its version.
    pub version: String,
    /// Each check: its name, whether it passed, what was found.
    pub checks: Vec<(String, bool, String)>,
}

impl Report {
    /// Runs a program to its end.
    ///
    /// # Panics
    ///
    /// Where it does not end well, or prints anything but what it is made to.
    pub fn of(program: &mut Command) -> Self {
        let lines = Running::lines(program);
        let mut lines = lines.iter().map(|line| {
            serde_json::from_str::<Value>(line)
                .unwrap_or_else(|error| panic!("{program:?}: {line}: {error}"))
        });
        let text = |line: &Value, member: &str| line[member].as_str().unwrap().to_owned();
        let first = lines.next().expect("a line about the library");
        let checks = lines.map(|line| {
            (text(&line, "check"), line["ok"].as_bool().unwrap(), text(&line, "detail"))
        });
        Self {
            library: text(&first, "library"),
            version: text(&first, "version"),
            checks: checks.collect(),
        }
    }

    /// `✓` for a check that passed, `✗` for one that did not, `–` for one that was not made.
    pub fn mark(&self, check: &str) -> &'static str {
        match self.checks.iter().find(|(name, ..)| name == check) {
            Some((_, true, _)) => "✓",
            Some((_, false, _)) => "✗",
            None => "–",
        }
    }

    fn failures(&self) -> impl Iterator<Item = String> {
        let failed = self.checks.iter().filter(|(_, ok, _)| !ok);
        failed.map(|(name, _, found)| format!("{}: {name}: {found}", self.library))
    }
}

/// Asserts that there are checks, and that all of them passed.
pub fn all_good<'a>(reports: impl IntoIterator<Item = (&'a str, &'a Report)>) {
    let mut failures = Vec::new();
    for (what, report) in reports {
        assert!(!report.checks.is_empty(), "{what}: no check by {}", report.library);
        failures.extend(report.failures().map(|failure| format!("{what}: {failure}")));
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
