//! Tools over standard input and output, in a process of its own.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tests::McpPeer;

/// A server and the pipes to it.
struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    errors: Lines<BufReader<ChildStderr>>,
}

impl Program {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp_program"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let errors = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, input, output, errors }
    }

    fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.input.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    }

    /// Asks for something, as of 2026-07-28.
    fn ask(&mut self, id: &str, method: &str, mut params: Value) {
        params["_meta"] = McpPeer::meta();
        self.say(
            &json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string(),
        );
    }

    fn call(&mut self, id: &str, tool: &str, arguments: Value) {
        self.ask(id, "tools/call", json!({ "name": tool, "arguments": arguments }));
    }

    fn answer(&mut self) -> Value {
        serde_json::from_str(&self.output.next().unwrap().unwrap()).unwrap()
    }

    /// Waits for a line on standard error.
    fn until_said(&mut self, expected: &str) {
        assert!(self.errors.any(|line| line.unwrap() == expected), "{expected}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn both_eras_are_spoken_side_by_side_in_lines() {
    let mut program = Program::start();
    program.ask("d", "server/discover", json!({}));
    assert_eq!(program.answer()["result"]["supportedVersions"], json!(["2026-07-28"]));
    program.say(r#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#);
    assert_eq!(program.answer()["error"]["code"], json!(-32601));
    program.say(r#"{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#);
    assert_eq!(program.answer()["result"]["protocolVersion"], json!("2025-06-18"));
    program.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    program.say(r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#);
    assert_eq!(program.answer(), json!({ "jsonrpc": "2.0", "id": 3, "result": {} }));
    program.call("x", "shelf_find", json!({ "word": "emma" }));
    let answer = program.answer();
    assert_eq!(answer["id"], json!("x"));
    let text = "[{\"title\":\"Emma\",\"pages\":474}]";
    assert_eq!(answer["result"]["content"][0]["text"], json!(text));
    assert_eq!(answer["result"]["resultType"], json!("complete"));
    program.ask("l", "subscriptions/listen", json!({ "notifications": {} }));
    assert_eq!(program.answer()["method"], json!("notifications/subscriptions/acknowledged"));
    let mut old = McpPeer::meta();
    old["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let body = McpPeer::body("tools/list", &json!({ "_meta": old }));
    program.say(&body);
    assert_eq!(program.answer()["error"]["code"], json!(-32022));
}

#[test]
fn a_line_that_is_no_message_harms_no_other() {
    let mut program = Program::start();
    for (line, code) in [
        ("nonsense", -32700),
        ("{\"jsonrpc\":", -32700),
        ("{\"jsonrpc\":\"2.0\",\"id\":01,\"method\":\"ping\"}", -32700),
        ("[]", -32600),
        ("{}", -32600),
    ] {
        program.say(line);
        let answer = program.answer();
        assert_eq!((&answer["error"]["code"], answer.get("id")), (&json!(code), None), "{line}");
        program.say(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
        assert_eq!(program.answer()["result"], json!({}), "{line}");
    }
}

#[test]
fn a_cancelled_call_ends_and_is_not_answered() {
    let mut program = Program::start();
    let cancel = |id| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":"{id}","reason":"x"}}}}"#
        )
    };
    program.call("plain", "shelf_work", json!({}));
    program.until_said("working");
    // Others are answered meanwhile.
    program.call("quick", "shelf_count", json!({ "titles": ["a", "b"] }));
    assert_eq!(program.answer()["id"], json!("quick"));
    program.say(&cancel("plain"));
    program.until_said("no longer working");
    program.call("async", "shelf_wait", json!({}));
    program.until_said("waiting");
    program.say(&cancel("nobody"));
    program.say(&cancel("async"));
    program.until_said("no longer waiting");
    program.say(r#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#);
    assert_eq!(program.answer()["id"], json!(9));
    drop(program.input.take());
    assert!(program.output.next().is_none());
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn what_was_asked_before_the_input_ended_is_answered() {
    let mut program = Program::start();
    program.call("last", "shelf_print", json!({ "line": "noise" }));
    drop(program.input.take());
    // What it prints goes elsewhere.
    program.until_said("noise");
    let answer = program.answer();
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!("last"), &json!(false)));
    assert!(program.output.next().is_none());
    assert!(program.child.wait().unwrap().success());
    let mut rest = String::new();
    program.child.stdout.take().map(|mut output| output.read_to_string(&mut rest));
    assert_eq!(rest, "");
}
