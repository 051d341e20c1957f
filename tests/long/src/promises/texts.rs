//! Texts that do not parse, that are nested too deep, or that parsers disagree about.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rpc_core::protocol::{Framing, code};
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Folder, Peer, Served, frame};

use crate::functions::runs;
use crate::model::Model;
use crate::promise::{Effort, Figures, Promise};
use crate::setup::{Setup, this_program};
use crate::system::ms;
use crate::wire::{ADD, SUM, Way, Wire, code_in, json_rpc, native};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_servers(
        "no-second-try",
        Model::ALL,
        no_second_try,
        "over raw TCP, which a web page can reach, a text that does not parse is answered once (-32700) and its \
         connection closes: what follows is never run",
    )
    .side_by_side(),
    Promise::of_servers(
        "broken-frames",
        Model::ALL,
        broken_frames,
        "where the end of a message is known and no page can speak so (frames), -32700, and the next is served",
    )
    .side_by_side(),
    Promise::of_all(
        "broken-lines",
        broken_lines,
        "the same on standard input, where a message is a line",
    ),
    Promise::of_servers(
        "nesting",
        Model::ALL,
        nesting,
        "128 levels and no more, in every dialect; five million brackets harm nothing on a stack of 512 kB, and \
         are refused within a second",
    )
    .side_by_side(),
    Promise::of_servers(
        "odd-json",
        Model::ALL,
        odd_json,
        "odd JSON is answered as the table in the documentation says; an odd id is never taken for a notification",
    )
    .side_by_side(),
];

const SOON: Duration = Duration::from_secs(10);

/// Texts that are no JSON.
const BROKEN: [&[u8]; 8] = [
    br#"{"method_name":"add","method_args":[1,2}"#,
    br#"{"method_name":add}"#,
    br#"{"method_name":"add","method_args":[01]}"#,
    br#"{"method_name":"add",}"#,
    b"{\"method_name\":\"\xff\xfe\"}",
    b"[1,2",
    b"{\"method_name\":\"a\x01\"}",
    br"{'method_name':'add'}",
];

/// A broken text, and a call behind it.
fn no_second_try(setup: Setup) -> Figures {
    let folder = Folder::new();
    let file = folder.file("runs");
    File::create(&file).unwrap();
    let server = setup.serve("--message-timeout-ms 1000");
    let mut wrong = Vec::new();
    let call = native(1, "note_run", &json!([file.to_str(), 1, 0]));
    for broken in BROKEN {
        let mut wire = Wire::connect(&server);
        wire.send(broken);
        wire.send("\n");
        wire.send(call.repeat(3));
        wire.finish();
        match wire.rest_as_text(SOON) {
            Some(reply) if reply.matches("-32700").count() == 1 && reply.lines().count() == 1 => {}
            other => {
                wrong.push(format!("{} is answered {other:?}", String::from_utf8_lossy(broken)));
            }
        }
    }
    assert!(Peer::connect(server.address(), Framing::Raw).ask(&call).contains("res"));
    // But for the last.
    let run = runs(&file).len() - 1;
    Figures::new().none_of("wrong answers", &wrong).none("calls run behind a broken text", run)
}

/// A broken text in a frame, and a call in the next.
fn broken_frames(setup: Setup) -> Figures {
    let server = setup.serve("");
    let (mut lost, mut wrong) = (0, Vec::new());
    for framing in [Framing::LengthPrefix, Framing::Header] {
        for broken in BROKEN {
            let mut wire = Wire::connect(&server);
            wire.send([frame(framing, broken), frame(framing, ADD.as_bytes())].concat());
            wire.finish();
            let replies = wire.rest_as_text(SOON).unwrap_or_default();
            if !replies.contains("-32700") {
                wrong.push(format!("{framing:?}: {replies}"));
            }
            lost += usize::from(!replies.contains(SUM));
        }
    }
    Figures::new().none_of("wrong answers", &wrong).none("calls lost behind a broken frame", lost)
}

/// The same with a program that is spoken to by its standard input.
fn broken_lines(_: Effort) -> Figures {
    let (mut lost, mut wrong) = (0, Vec::new());
    for broken in BROKEN {
        let mut command = Command::new(this_program());
        command
            .arg("serve-stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut program = command.spawn().unwrap();
        let mut input = program.stdin.take().unwrap();
        // It may have ended by then.
        let _ = input.write_all(&[broken, b"\n", ADD.as_bytes(), b"\n"].concat());
        drop(input);
        let output = program.wait_with_output().unwrap();
        let replies = String::from_utf8_lossy(&output.stdout).into_owned();
        if !replies.contains("-32700") {
            wrong.push(replies.clone());
        }
        lost += usize::from(!replies.contains(SUM));
    }
    Figures::new().none_of("wrong answers", &wrong).none("calls lost behind a broken line", lost)
}

/// Levels around the limit in every way and dialect, then brackets without end.
fn nesting(setup: Setup) -> Figures {
    // The main thread and those it makes.
    let mut command = setup.command("--message-timeout-ms 3000");
    command.env("RUST_MIN_STACK", "524288").stderr(Stdio::null());
    let server = crate::setup::start(&mut command);
    let limited = setup.serve_limited("--stack=524288", "--message-timeout-ms 3000");
    let mut wrong = Vec::new();
    for way in Way::ALL {
        let mut talk = way.connect(&server);
        for (levels, is_taken) in [(100, true), (125, true), (128, false), (1000, false)] {
            let value = "[".repeat(levels) + &"]".repeat(levels);
            let calls = [
                format!(r#"{{"method_name":"same","method_args":[{value}],"id":1}}"#),
                format!(r#"{{"jsonrpc":"2.0","method":"same","params":[{value}],"id":1}}"#),
            ];
            for call in calls {
                let reply = talk.ask(&call);
                let expected = (!is_taken).then_some(code::TOO_LARGE);
                if code_in(&reply) != expected {
                    wrong.push(format!("{way:?}, {levels} levels: {reply:.200}"));
                }
                if !is_taken {
                    // The connection may have been closed.
                    talk = way.connect(&server);
                }
            }
        }
    }
    let mut slowest = Duration::ZERO;
    for server in [&server, &limited] {
        slowest = slowest.max(brackets(server, setup, &mut wrong));
    }
    Figures::new().none_of("wrong answers", &wrong).at_most(
        "refused after",
        ms(slowest),
        "ms",
        1000.0,
    )
}

/// Sends as many brackets as a message may hold, and returns how long the slowest answer took.
fn brackets(server: &Served, setup: Setup, wrong: &mut Vec<String>) -> Duration {
    // A longer one would be refused for its length.
    const LONGEST: usize = 10 << 20;
    let many = setup.pick(100_000, 5_000_000);
    let mut slowest = Duration::ZERO;
    for bracket in ["[", r#"{"a":"#, r#"{"method_name":"same","method_args":["#] {
        let text = bracket.repeat(many.min(LONGEST / bracket.len()));
        for framing in EVERY_FRAMING {
            let mut wire = Wire::connect(server);
            let begun = Instant::now();
            wire.send(frame(framing, text.as_bytes()));
            if framing != Framing::Raw {
                // Behind a frame the next message is served.
                wire.send(frame(framing, ADD.as_bytes()));
                wire.finish();
            }
            let reply = wire.rest_as_text(SOON);
            slowest = slowest.max(begun.elapsed());
            let is_right = reply.as_ref().is_some_and(|reply| {
                reply.contains("-32004") && reply.contains(SUM) == (framing != Framing::Raw)
            });
            if !is_right {
                wrong.push(format!("{framing:?}, {many} × {bracket} is answered {reply:?}"));
            }
        }
    }
    if Peer::connect(server.address(), Framing::LengthPrefix).ask(ADD) != SUM {
        wrong.push("afterwards nobody is served".to_owned());
    }
    slowest
}

/// Values and ids that implementations disagree about.
fn odd_json(setup: Setup) -> Figures {
    // `{}` is where the argument stands; the code of the answer, or what is in it.
    let values: [(&str, Result<&str, i64>); 16] = [
        ("NaN", Err(code::PARSE_ERROR)),
        ("Infinity", Err(code::PARSE_ERROR)),
        ("01", Err(code::PARSE_ERROR)),
        ("+1", Err(code::PARSE_ERROR)),
        ("0x1", Err(code::PARSE_ERROR)),
        ("1,", Err(code::PARSE_ERROR)),
        ("1/**/", Err(code::PARSE_ERROR)),
        ("'a'", Err(code::PARSE_ERROR)),
        (r#""\ud83e""#, Err(code::PARSE_ERROR)),
        (r#""\udd80\ud83e""#, Err(code::PARSE_ERROR)),
        ("\"\u{1}\"", Err(code::PARSE_ERROR)),
        (r#""\u0000""#, Ok(r#""\u0000""#)),
        (r#"{"x":1,"x":2}"#, Ok(r#"{"x":2}"#)),
        ("18446744073709551615", Ok("18446744073709551615")),
        ("-9223372036854775808", Ok("-9223372036854775808")),
        ("1e400", Err(code::INVALID_PARAMS)),
    ];
    let refused = || Err(code::INVALID_REQUEST);
    let ids: [(&str, Result<&str, i64>); 9] = [
        ("1180591620717411303424", Ok("1180591620717411303424")),
        ("-1", Ok("-1")),
        (r#""\u0061""#, Ok(r#""\u0061""#)),
        ("null", Ok("null")),
        ("true", refused()),
        ("[1]", refused()),
        ("{}", refused()),
        (r#"1,"id":2"#, refused()),
        (r#""a","id":"a""#, refused()),
    ];
    let of_values = values.into_iter().flat_map(|(value, expected)| {
        let native = format!(r#"{{"method_name":"same","method_args":[{value}],"id":1}}"#);
        let json_rpc = format!(r#"{{"jsonrpc":"2.0","method":"same","params":[{value}],"id":1}}"#);
        [(native, expected), (json_rpc, expected)]
    });
    let of_ids = ids.into_iter().flat_map(|(id, expected)| {
        let native = format!(r#"{{"method_name":"nothing","id":{id}}}"#);
        let json_rpc = format!(r#"{{"jsonrpc":"2.0","method":"nothing","id":{id}}}"#);
        [(native, expected), (json_rpc, expected)]
    });
    let cases: Vec<_> = of_values.chain(of_ids).collect();

    let server = setup.serve("");
    let mut wrong = Vec::new();
    for way in Way::ALL {
        for (message, expected) in &cases {
            let mut talk = way.connect(&server);
            let reply = talk.ask(message);
            let is_right = match expected {
                Ok(part) => reply.contains(part) && code_in(&reply).is_none(),
                Err(code) => code_in(&reply) == Some(*code),
            };
            // Fractions and the like come back as they came or are refused; nothing else.
            if !is_right {
                wrong.push(format!("{way:?}: {message} is answered {reply}"));
            }
        }
        for id in ["1.0", "1e2", "0.5"] {
            let reply = way.connect(&server).ask(
                &json_rpc(1, "nothing", &json!([])).replace(r#""id":1"#, &format!(r#""id":{id}"#)),
            );
            let is_right = serde_json::from_str::<Value>(&reply).is_ok_and(|reply| {
                reply["id"].is_null() || reply["id"].to_string().parse::<f64>() == id.parse()
            });
            if !is_right {
                wrong.push(format!("{way:?}: the id {id} is answered {reply}"));
            }
        }
    }
    let asked = (cases.len() + 3) * Way::ALL.len();
    Figures::new().told("messages", asked as f64, "").none_of("wrong answers", &wrong)
}
