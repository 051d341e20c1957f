//! The README's programs in other languages print what it says they print, called as they stand.

#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tests::{Folder, Running, example};

/// Where the README's server listens.
const PORT: &str = "5000";

/// A block of the README.
#[derive(Debug)]
struct Snippet {
    language: String,
    text: String,
}

impl Snippet {
    /// What it says that it prints, in comments: behind the code, or on a line of their own.
    fn expected(&self) -> Vec<&str> {
        let mark = if self.language == "js" { "// " } else { "# " };
        let comments = self.text.lines().filter_map(|line| match line.strip_prefix(mark) {
            Some(comment) => Some(comment),
            None => line.rsplit_once(&format!(" {mark}")).map(|(_, comment)| comment),
        });
        comments.collect()
    }

    /// Prepares it to be run; `None` where that is not possible here, and then says so.
    fn command(&self, port: &str, folder: &Folder) -> Option<Command> {
        let (needed, interpreter, file) = match self.language.as_str() {
            "python" => ("python3", "python3", "snippet.py"),
            "js" => ("node", "node", "snippet.mjs"),
            "sh" => ("curl", "bash", "snippet.sh"),
            other => panic!("a program in {other}"),
        };
        let mut version = Command::new(needed);
        version.arg("--version").stdout(Stdio::null());
        if !version.status().is_ok_and(|status| status.success()) {
            assert!(env::var_os("CI").is_none(), "{needed} is missing");
            println!("skipped: {needed} is missing");
            return None;
        }
        let file = folder.file(file);
        fs::write(&file, self.text.replace(PORT, port)).unwrap();
        let mut command = Command::new(interpreter);
        command.arg(file);
        Some(command)
    }
}

/// The blocks of the README that call a server and are not in Rust.
fn snippets() -> Vec<Snippet> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("README.md");
    let readme = fs::read_to_string(path).unwrap();
    let blocks = readme.split("\n```").skip(1).step_by(2).filter_map(|block| {
        let (language, text) = block.split_once('\n')?;
        Some(Snippet { language: language.to_owned(), text: text.to_owned() })
    });
    let is_program = |snippet: &Snippet| !["rust", "json"].contains(&snippet.language.as_str());
    blocks.filter(|snippet| is_program(snippet) && snippet.text.contains(PORT)).collect()
}

#[test]
fn programs_in_other_languages_print_what_the_readme_says() {
    let snippets = snippets();
    for language in ["python", "js", "sh"] {
        let found = snippets.iter().any(|snippet| snippet.language == language);
        assert!(found, "nothing in {language}: {snippets:?}");
    }
    let folder = Folder::new();
    for model in ["threads", "event-loop"] {
        let mut server = example("server");
        let mut server = Running::start(server.args(["--listen", "127.0.0.1:0", "--model", model]));
        let line = server.line();
        let port = line.rsplit(':').next().unwrap();
        for snippet in &snippets {
            let Some(mut command) = snippet.command(port, &folder) else { continue };
            assert!(!snippet.expected().is_empty(), "{snippet:?}");
            assert_eq!(Running::lines(&mut command), snippet.expected(), "{model}: {snippet:?}");
        }
    }
}
