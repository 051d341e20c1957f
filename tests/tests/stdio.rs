//! A server answers over standard input and output, in a process of its own.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rpc_core::protocol::Framing;
use tests::frame;

const ADD: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
const SUM: &str = r#"{"jsonrpc":"2.0","result":13,"id":1}"#;

/// A server and the pipes to it.
struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stdio_program"));
        command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    /// Ends its input, and returns what it still writes, and what it has written to standard error.
    fn finish(mut self) -> (String, String) {
        drop(self.input.take());
        self.rest()
    }

    /// Waits until it ends.
    fn rest(&mut self) -> (String, String) {
        let (mut rest, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(self.child.wait().unwrap().success(), "{errors}");
        (rest, errors)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn whoever_subscribes_gets_lines_until_they_end_it() {
    let mut program = Program::start(&[]);
    program.write(br#"{"jsonrpc":"2.0","method":"letters_subscribe","params":["ab"],"id":7}"#);
    program.write(b"\n");
    let id = program.line();
    let id = id.strip_prefix(r#"{"jsonrpc":"2.0","result":"#).unwrap();
    let id: u64 = id.strip_suffix(r#","id":7}"#).unwrap().parse().unwrap();
    let item = |letter| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"letters","params":{{"subscription":{id},"result":"{letter}"}}}}"#
        )
    };
    for letter in ["a", "b", "a", "b"] {
        assert_eq!(program.line(), item(letter));
    }
    let ends =
        format!(r#"{{"jsonrpc":"2.0","method":"letters_unsubscribe","params":[{id}],"id":8}}"#);
    program.write(format!("{ends}\n").as_bytes());
    while program.line() != r#"{"jsonrpc":"2.0","result":true,"id":8}"# {}
    program.write(format!("{ADD}\n").as_bytes());
    while program.line() != SUM {}
    assert_eq!(program.finish(), ("over\n".to_owned(), String::new()));
}

#[test]
fn lines_are_answered_with_lines_until_the_input_ends() {
    let mut program = Program::start(&[]);
    for _ in 0..3 {
        program.write(format!("{ADD}\n").as_bytes());
        assert_eq!(program.line(), SUM);
    }
    program.write(format!("[{ADD},{ADD}]\n{ADD}").as_bytes());
    assert_eq!(program.line(), format!("[{SUM},{SUM}]"));
    assert_eq!(program.line(), SUM);
    program.write(br#"{"method_name":"add","method_args":[1,2]}"#);
    assert_eq!(program.line(), r#"{"res":13}"#);
    // What it prints when it serves no more is its own again.
    assert_eq!(program.finish(), ("over\n".to_owned(), String::new()));
}

#[test]
fn headers_are_answered_with_headers_until_the_input_ends() {
    let mut program = Program::start(&[]);
    let call = frame(Framing::Header, ADD.as_bytes());
    for byte in &call {
        program.write(&[*byte]);
    }
    program.write(&[&call[..], b"Content-Type: x; charset=utf-8\r\n", &call].concat());
    let reply = String::from_utf8(frame(Framing::Header, SUM.as_bytes())).unwrap();
    assert_eq!(program.finish().0, reply.repeat(3) + "over\n");
}

#[test]
fn what_functions_print_goes_to_standard_error() {
    let mut program = Program::start(&[]);
    program.write(br#"{"jsonrpc":"2.0","method":"print","params":["noise"],"id":1}"#);
    assert_eq!(program.line(), r#"{"jsonrpc":"2.0","result":true,"id":1}"#);
    program.write(ADD.as_bytes());
    assert_eq!(program.line(), SUM);
    assert_eq!(program.finish(), ("over\n".to_owned(), "noise\nnoise\n".to_owned()));
}

#[test]
fn functions_of_every_kind_are_answered_and_a_panic_harms_nobody() {
    let mut program = Program::start(&[]);
    program.write(br#"{"jsonrpc":"2.0","method":"hold_ms","params":[1,5],"id":1}"#);
    assert_eq!(program.line(), r#"{"jsonrpc":"2.0","result":5,"id":1}"#);
    program.write(br#"{"jsonrpc":"2.0","method":"fail","params":["noise"],"id":1}"#);
    assert!(program.line().contains(r#""code":-32603"#));
    program.write(ADD.as_bytes());
    assert_eq!(program.line(), SUM);
}

#[test]
fn a_header_that_is_none_is_answered_and_ends_the_server_though_its_input_goes_on() {
    let mut program = Program::start(&[]);
    program.write(b"Content-Length: x\r\n\r\n}");
    let (rest, _) = program.rest();
    assert!(rest.starts_with("Content-Length: "), "{rest}");
    assert!(rest.contains(r#""code":-32700"#) && rest.ends_with("over\n"), "{rest}");
}

#[test]
fn a_broken_line_is_answered_and_the_next_one_is_served() {
    let long = format!("{{\"a\":\"{}", "x".repeat(200_000));
    let deep = "[".repeat(100_000);
    for broken in [
        "hello",
        "}",
        "not { json",
        "{bad}",
        r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#,
        r#"{"jsonrpc":"2.0","method":"add","params":[1,2"#,
        r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1"#,
        r#"{"a":tru} {"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#,
        "\"{",
        "12345",
        "{\"a\":\"\t\"}",
        &long,
        &deep,
    ] {
        for is_first in [true, false] {
            let mut program = Program::start(&[]);
            if !is_first {
                program.write(format!("{ADD}\n").as_bytes());
                assert_eq!(program.line(), SUM);
            }
            let shown: String = broken.chars().take(80).collect();
            // What follows is written at once, or only when the answer is there.
            program.write(format!("{broken}\n{ADD}\r\n").as_bytes());
            let answer = program.line();
            assert!(answer.contains("-32700") || answer.contains("-32004"), "{shown}: {answer}");
            assert_eq!(program.line(), SUM, "{shown}");
            program.write(format!("{ADD}\n\n").as_bytes());
            assert_eq!(program.line(), SUM, "{shown}");
            assert_eq!(program.finish().0, "over\n", "{shown}");
        }
    }
}

#[test]
fn a_broken_line_is_answered_before_the_next_one_comes_where_it_shows() {
    let mut program = Program::start(&[]);
    for broken in ["{bad}", "hello", r#"{"a":1 "b"#, r#"{"a":"open"#] {
        program.write(format!("{broken}\n").as_bytes());
        assert!(program.line().contains("-32700"), "{broken}");
        program.write(format!("{ADD}\n").as_bytes());
        assert_eq!(program.line(), SUM, "{broken}");
    }
}

#[test]
fn a_message_of_several_lines_is_one() {
    let mut program = Program::start(&[]);
    let lines = [
        "{\"jsonrpc\":",
        "\t\"2.0\",",
        "",
        "\"method\":\"add\",\"params\":[1,",
        "2],",
        "\"id\":1}",
    ];
    for line in lines {
        program.write(format!("{line}\r\n").as_bytes());
    }
    assert_eq!(program.line(), SUM);
    program.write(format!("{}{ADD} {ADD}\n", lines.join("\n")).as_bytes());
    for _ in 0..3 {
        assert_eq!(program.line(), SUM);
    }
}

#[test]
fn a_broken_body_in_a_frame_is_answered_and_the_next_one_is_served() {
    let mut program = Program::start(&[]);
    let frames = [&b"}"[..], b"", b"\xff", b"{\"a\":", ADD.as_bytes()]
        .map(|body| frame(Framing::Header, body));
    program.write(&frames.concat());
    let (rest, _) = program.finish();
    assert_eq!(rest.matches("\"code\":-32700").count(), 4, "{rest}");
    assert!(rest.ends_with(&format!("{SUM}over\n")), "{rest}");
}

#[test]
fn a_message_that_its_input_ends_in_is_answered_and_not_run() {
    let mut program = Program::start(&[]);
    program.write(&ADD.as_bytes()[..20]);
    let (rest, _) = program.finish();
    assert!(rest.contains("the connection ended inside a message"), "{rest}");
}

#[test]
fn a_disabled_protocol_is_refused_here_too() {
    let mut program = Program::start(&["--without-raw"]);
    program.write(ADD.as_bytes());
    assert!(program.line().contains("raw JSON over a stream is disabled on this server"));
}

#[test]
fn a_server_whose_output_nobody_reads_ends_though_its_input_goes_on() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stdio_program"));
    let command = command.arg("--quiet").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    input.write_all(ADD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}
