//! An editor: a small crate that is opened, changed and asked about, by way of rust-analyzer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::client::{Dialect, Notify};
use rpc_core::protocol::Framing;
use rpc_core::transport::ProgramTransport;
use rpc_core::{RpcClient, Stub};
use serde_json::{Value, json};

use crate::Folder;

/// How long the crate's dependencies may take to be built, and what is asked to be answered.
const PATIENCE: Duration = Duration::from_secs(300);

/// What rust-analyzer answers while it is about to know more: content modified, server cancelled.
const ASK_AGAIN: [i64; 2] = [-32801, -32802];

/// A crate in an editor, with one file open.
///
/// A place in the file is a piece of its text with `|` where the cursor is.
#[derive(Debug)]
pub struct Editor {
    server: RpcClient<ProgramTransport>,
    folder: Folder,
    open: PathBuf,
    version: u64,
    text: String,
}

impl Editor {
    /// Opens `main` as the `src/main.rs` of a crate that depends on `rpc-core`, beside other files in
    /// `src`, and builds in `target`; `None` where there is no rust-analyzer, and then says so.
    pub fn open(main: &str, others: &[(&str, &str)], target: &Path) -> Option<Self> {
        let mut version = Command::new("rust-analyzer");
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        if !version.status().is_ok_and(|status| status.success()) {
            println!(
                "skipped: rust-analyzer is missing; `rustup component add rust-analyzer` installs it"
            );
            return None;
        }
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = Folder::new();
        let manifest = format!(
            "[package]\nname = \"program\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\nrpc-core = {{ path = \"{}\" }}\n",
            workspace.join("rpc-core").display()
        );
        fs::write(folder.file("Cargo.toml"), manifest).unwrap();
        fs::copy(workspace.join("Cargo.lock"), folder.file("Cargo.lock")).unwrap();
        let source = folder.file("src");
        fs::create_dir(&source).unwrap();
        for (name, text) in others.iter().chain(&[("main.rs", main)]) {
            fs::write(source.join(name), text).unwrap();
        }

        let mut program = Command::new("rust-analyzer");
        program.env("CARGO_TARGET_DIR", target).stderr(Stdio::null());
        let builder = RpcClient::builder().framing(Framing::Header).dialect(Dialect::JsonRpc);
        let server = builder.call_timeout(PATIENCE).spawn(program).unwrap();
        let open = source.join("main.rs");
        let editor = Self { server, open, version: 1, text: main.to_owned(), folder };
        editor.initialize();
        Some(editor)
    }

    fn initialize(&self) {
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": { "hover": { "contentFormat": ["markdown"] }, "diagnostic": {} },
        });
        let options = json!({
            "checkOnSave": false,
            "cachePriming": { "enable": false },
            "completion": { "autoimport": { "enable": false } },
        });
        let about = json!({
            "processId": std::process::id(),
            "rootUri": uri(self.folder.path()),
            "capabilities": capabilities,
            "initializationOptions": options,
        });
        self.ask("initialize", about);
        self.tell("initialized", json!({}));
        let document = json!({
            "uri": uri(&self.open), "languageId": "rust", "version": 1, "text": self.text,
        });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Waits until what stands at a place is known.
    pub fn until_known(&self, place: &str) {
        let begun = Instant::now();
        while self.hover(place).is_none() {
            assert!(begun.elapsed() < PATIENCE, "nothing is known of `{place}`");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Has another text in the open file.
    pub fn write(&mut self, text: &str) {
        self.version += 1;
        text.clone_into(&mut self.text);
        let document = json!({ "uri": uri(&self.open), "version": self.version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": self.text }] });
        self.tell("textDocument/didChange", change);
    }

    /// What is shown for the word at a place.
    pub fn hover(&self, place: &str) -> Option<String> {
        let hover = self.ask("textDocument/hover", self.position(place));
        hover["contents"]["value"].as_str().map(str::to_owned)
    }

    /// What may stand at a place, as it is listed.
    pub fn completions(&self, place: &str) -> Vec<String> {
        let listed = self.ask("textDocument/completion", self.position(place));
        let items = listed["items"].as_array().or(listed.as_array());
        let labels = items.into_iter().flatten().map(|item| item["label"].as_str().unwrap());
        // A trait's method is listed as `add(as add)`.
        labels.map(|label| label.split('(').next().unwrap().to_owned()).collect()
    }

    /// The signature of the call at a place, its documentation, and which parameter is the one there.
    pub fn signature(&self, place: &str) -> Option<(String, String, u64)> {
        let help = self.ask("textDocument/signatureHelp", self.position(place));
        let signature = help["signatures"].get(0)?;
        let documentation = &signature["documentation"]["value"];
        Some((
            signature["label"].as_str()?.to_owned(),
            documentation.as_str().unwrap_or_default().to_owned(),
            help["activeParameter"].as_u64()?,
        ))
    }

    /// Where that which stands at a place is mentioned: files and lines, in order.
    pub fn references(&self, place: &str) -> Vec<(String, usize)> {
        let mut position = self.position(place);
        position["context"] = json!({ "includeDeclaration": true });
        let found = self.ask("textDocument/references", position);
        let found = found.as_array().into_iter().flatten();
        let mut found: Vec<_> =
            found.map(|found| (self.file(&found["uri"]), line(&found["range"]["start"]))).collect();
        found.sort();
        found
    }

    /// Gives what stands at a place another name, and returns the files that change, in order.
    pub fn rename(&self, place: &str, name: &str) -> Vec<(String, String)> {
        let mut position = self.position(place);
        position["newName"] = json!(name);
        let edit = self.ask("textDocument/rename", position);
        let files = edit["documentChanges"].as_array().into_iter().flatten();
        let mut files: Vec<_> = files
            .map(|changes| {
                let name = self.file(&changes["textDocument"]["uri"]);
                let text = self.edited(&name, changes["edits"].as_array().unwrap());
                (name, text)
            })
            .collect();
        files.sort();
        files
    }

    /// What is found wrong in the open file.
    pub fn mistakes(&self) -> Vec<String> {
        let document = json!({ "textDocument": { "uri": uri(&self.open) } });
        let found = self.ask("textDocument/diagnostic", document);
        let found = found["items"].as_array().into_iter().flatten();
        found.map(|mistake| mistake["message"].as_str().unwrap().to_owned()).collect()
    }

    fn edited(&self, name: &str, edits: &[Value]) -> String {
        let path = self.folder.file("src").join(name);
        let mut text =
            if path == self.open { self.text.clone() } else { fs::read_to_string(path).unwrap() };
        let mut edits: Vec<_> = edits
            .iter()
            .map(|edit| {
                let range = &edit["range"];
                let range = offset(&text, &range["start"])..offset(&text, &range["end"]);
                (range, edit["newText"].as_str().unwrap())
            })
            .collect();
        edits.sort_by_key(|(range, _)| range.start);
        for (range, new) in edits.into_iter().rev() {
            text.replace_range(range, new);
        }
        text
    }

    /// The arguments for what is asked about a place.
    fn position(&self, place: &str) -> Value {
        let (before, after) = place.split_once('|').expect("a `|` for the cursor");
        let found = self.text.find(&format!("{before}{after}"));
        let found = found.unwrap_or_else(|| panic!("no `{place}` in\n{}", self.text));
        let head = &self.text[..found + before.len()];
        let start = head.rfind('\n').map_or(0, |end| end + 1);
        json!({
            "textDocument": { "uri": uri(&self.open) },
            "position": { "line": head.matches('\n').count(), "character": head.len() - start },
        })
    }

    fn ask(&self, what: &str, about: Value) -> Value {
        let begun = Instant::now();
        loop {
            match self.server.call(what, (), about.as_object().unwrap()) {
                Ok(answer) => return answer,
                Err(error) => {
                    let code = error.fault().map(rpc_core::Fault::code);
                    let is_soon = code.is_some_and(|code| ASK_AGAIN.contains(&code));
                    assert!(is_soon && begun.elapsed() < PATIENCE, "{what}: {error}");
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn tell(&self, what: &str, about: Value) {
        self.server.notify_by_name(what, (), about.as_object().unwrap()).unwrap();
    }

    /// The name of a file in `src`.
    fn file(&self, found: &Value) -> String {
        let source = format!("{}/", uri(&self.folder.file("src")));
        found.as_str().unwrap().strip_prefix(&source).unwrap().to_owned()
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn line(position: &Value) -> usize {
    usize::try_from(position["line"].as_u64().unwrap()).unwrap() + 1
}

fn offset(text: &str, position: &Value) -> usize {
    let before: usize = text.split_inclusive('\n').take(line(position) - 1).map(str::len).sum();
    before + usize::try_from(position["character"].as_u64().unwrap()).unwrap()
}
