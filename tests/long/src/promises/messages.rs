//! Messages of every kind: right ones in pieces, wrong ones, and ones that are too large.

use std::thread;
use std::time::{Duration, Instant};

use rpc_core::protocol::{Framing, code};
use serde_json::{Value, json};
use tests::{EVERY_FRAMING, Peer, Served, frame};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::system::{descriptors, mb, memory, ms};
use crate::wire::{ADD, SUM, Way, Wire, code_in, json_rpc, native};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_servers(
        "answers",
        Model::ALL,
        answers,
        "every call is answered with its id, also where the function is unknown, panics or fails; \
         connection and neighbours live on",
    )
    .side_by_side(),
    Promise::of_servers(
        "lengths",
        Model::ALL,
        lengths,
        "an announced length costs no memory (1 MB at most), and one over the limit is refused within 100 ms",
    ),
    Promise::of_servers(
        "pieces",
        Model::ALL,
        pieces,
        "a message in pieces of any size has the same answer; one that breaks off anywhere leaves nothing behind",
    )
    .side_by_side(),
    Promise::of_servers(
        "batches",
        Model::ALL,
        batches,
        "a batch runs 1000 calls at most, and its replies are as large as a message at most",
    )
    .side_by_side(),
    Promise::of_servers(
        "products",
        Model::ALL,
        products,
        "one message runs as many calls as one batch may have, however they are nested: 1000",
    )
    .side_by_side(),
];

const SOON: Duration = Duration::from_secs(10);

/// Calls that fail, and with which code.
fn failing_calls() -> [(&'static str, Value, i64); 5] {
    [
        ("no_such_function", json!([]), code::METHOD_NOT_FOUND),
        ("add", json!(["x", 2]), code::INVALID_PARAMS),
        ("fail", json!(["on purpose"]), code::INTERNAL_ERROR),
        ("fail_later", json!(["on purpose"]), code::INTERNAL_ERROR),
        ("divide", json!([0, 0]), code::INTERNAL_ERROR),
    ]
}

/// Every kind of failure in every way and dialect, with a neighbour that is asked afterwards.
fn answers(setup: Setup) -> Figures {
    let server = setup.serve("");
    let mut neighbour = Peer::connect(server.address(), Framing::LengthPrefix);
    let mut wrong = Vec::new();
    let mut asked = 0;
    for way in Way::ALL {
        let mut talk = way.connect(&server);
        for (id, (method, args, code)) in (7..).zip(failing_calls()) {
            for call in [native(id, method, &args), json_rpc(id, method, &args)] {
                let reply = talk.ask(&call);
                asked += 1;
                if code_in(&reply) != Some(code) || !reply.contains(&format!(r#""id":{id}"#)) {
                    wrong.push(format!("{way:?}: {call} was answered {reply}"));
                }
            }
        }
        let batch = failing_calls().map(|(method, args, _)| json_rpc(9, method, &args)).join(",");
        let reply = talk.ask(&format!("[{batch}]"));
        asked += 1;
        let replies: Vec<Value> = serde_json::from_str(&reply).unwrap_or_default();
        let codes: Vec<_> =
            replies.iter().filter_map(|reply| reply["error"]["code"].as_i64()).collect();
        if codes != failing_calls().map(|(_, _, code)| code) {
            wrong.push(format!("{way:?}: a batch was answered {reply}"));
        }
        for (who, sum) in [("itself", talk.ask(ADD)), ("its neighbour", neighbour.ask(ADD))] {
            if sum != SUM {
                wrong.push(format!("{way:?}: afterwards {who} was answered {sum}"));
            }
        }
    }
    Figures::new().told("calls", f64::from(asked), "").none_of("wrong answers", &wrong)
}

/// Announces lengths, on connections that have been served once.
fn lengths(setup: Setup) -> Figures {
    const LIMIT: u32 = 10 << 20;
    let server = setup.serve("");
    let (mut grown, mut slowest) = (0, Duration::ZERO);
    for round in 0..setup.pick(1, 20) {
        for length in [0, 1, LIMIT, LIMIT + 1, (1 << 31) - 1, u32::MAX] {
            for framing in [Framing::LengthPrefix, Framing::Header] {
                let mut wire = Wire::connect(&server);
                wire.send(frame(framing, ADD.as_bytes()));
                let mut reply = vec![0; frame(framing, SUM.as_bytes()).len()];
                std::io::Read::read_exact(&mut wire.0, &mut reply).unwrap();
                let before = memory(server.process());
                let begun = Instant::now();
                match framing {
                    Framing::Header => wire.send(format!("Content-Length: {length}\r\n\r\n")),
                    _ => wire.send(length.to_le_bytes()),
                };
                if length == 0 || length > LIMIT {
                    wire.finish();
                    assert!(wire.rest(SOON).is_some(), "a length of {length} is still waited for");
                    slowest = slowest.max(begun.elapsed());
                } else {
                    // What the server takes for it, it takes at once; nothing tells when that was.
                    thread::sleep(Duration::from_millis(20));
                }
                // The first connections bring in what stays for good.
                if round > 0 || setup.effort.is_quick {
                    grown = grown.max(memory(server.process()).saturating_sub(before));
                }
            }
        }
    }
    Figures::new().at_most("memory grows by", mb(grown), "MB", 1.0).at_most(
        "closed after",
        ms(slowest),
        "ms",
        setup.pick(1000.0, 100.0),
    )
}

/// Cuts a message into pieces, and breaks it off.
fn pieces(setup: Setup) -> Figures {
    let server = setup.serve("");
    let call = r#"{"method_name":"echo","method_args":["grüß 🦀 \u00e9"],"id":1}"#;
    let answer = r#"{"res":"grüß 🦀 é","id":1}"#;
    let (mut wrong, mut cuts) = (Vec::new(), 0);
    Peer::connect(server.address(), Framing::Raw).ask(ADD);
    let before = settled_descriptors(&server);
    for framing in EVERY_FRAMING {
        let whole = frame(framing, call.as_bytes());
        let mut peer = Peer::connect(server.address(), framing);
        for size in 1..whole.len() {
            if setup.effort.is_quick && size > 8 {
                break;
            }
            for piece in whole.chunks(size) {
                peer.write(piece);
            }
            let reply = peer.receive();
            if reply.as_deref() != Some(answer) {
                wrong.push(format!("{framing:?} in pieces of {size}: {reply:?}"));
            }
        }
        let step = setup.pick(7, 1);
        for length in (1..whole.len()).step_by(step) {
            let mut wire = Wire::connect(&server);
            wire.send(&whole[..length]);
            wire.finish();
            if wire.rest(SOON).is_none() {
                wrong.push(format!(
                    "{framing:?} broken off after {length} bytes is still waited for"
                ));
            }
            Peer::connect(server.address(), framing).reset_after(&whole, &whole[..length]);
            cuts += 2;
        }
        if Peer::connect(server.address(), framing).ask(ADD) != SUM {
            wrong.push(format!("{framing:?}: afterwards nobody is served"));
        }
    }
    let left = settled_descriptors(&server).saturating_sub(before);
    Figures::new()
        .told("messages broken off", f64::from(cuts), "")
        .none_of("wrong answers", &wrong)
        .none("descriptors left", left)
}

/// The descriptors of a server, once connections that have ended are gone.
fn settled_descriptors(server: &Served) -> usize {
    let mut last = usize::MAX;
    tests::until("the connections have gone", || {
        thread::sleep(Duration::from_millis(50));
        let now = descriptors(server.process());
        std::mem::replace(&mut last, now) == now
    });
    last
}

/// How many calls a batch may have.
const BATCH: usize = 1000;

/// Batches at the limit, over it, and with large replies.
fn batches(setup: Setup) -> Figures {
    const LIMIT: usize = 10 << 20;
    let server = setup.serve("");
    let batch = |calls: usize, call: &str| format!("[{}]", vec![call; calls].join(","));
    let count = r#"{"jsonrpc":"2.0","method":"count","id":1}"#;
    let repeat = r#"{"jsonrpc":"2.0","method":"repeat","params":["x",100000],"id":1}"#;
    let (mut wrong, mut most, mut largest) = (Vec::new(), 0, 0);
    for way in Way::ALL {
        let mut talk = way.connect(&server);
        let replies: Vec<Value> =
            serde_json::from_str(&talk.ask(&batch(BATCH, count))).unwrap_or_default();
        if replies.len() != BATCH || !replies.iter().all(|reply| reply["result"].is_u64()) {
            wrong.push(format!("{way:?}: {} replies to a batch at the limit", replies.len()));
        }
        // Over HTTP and elsewhere the same process may have counted for others too.
        let counted = |talk: &mut crate::wire::Talk| {
            let reply: Value =
                serde_json::from_str(&talk.ask(&native(1, "counted", &json!([])))).unwrap();
            reply["res"].as_u64().unwrap()
        };
        let before = counted(&mut talk);
        let refusal = talk.ask(&batch(BATCH + 1, count));
        if code_in(&refusal) != Some(code::INVALID_REQUEST) {
            wrong.push(format!("{way:?}: one call too many is answered {refusal:.100}"));
        }
        most = most.max(counted(&mut talk) - before);
        largest = largest.max(talk.ask(&batch(200, repeat)).len());
        if talk.ask(ADD) != SUM {
            wrong.push(format!("{way:?}: afterwards nobody is served"));
        }
    }
    Figures::new()
        .none_of("wrong answers", &wrong)
        .at_most("run of a batch that is too large", most as f64, "", 0.0)
        .at_most("largest reply", mb(largest), "MB", mb(LIMIT) + 0.1)
}

/// Batches in which each call is a `system.multicall`.
fn products(setup: Setup) -> Figures {
    let server = setup.serve("");
    let mut most = 0;
    let outer = setup.pick(20, 200);
    for inner in [BATCH, 100] {
        let calls = vec![json!({"methodName": "count", "params": []}); inner];
        let call = json_rpc(1, "system.multicall", &json!([calls]));
        let message = format!("[{}]", vec![call; outer].join(","));
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        let count = |peer: &mut Peer| -> u64 {
            let reply: Value =
                serde_json::from_str(&peer.ask(&native(1, "counted", &json!([])))).unwrap();
            reply["res"].as_u64().unwrap()
        };
        let before = count(&mut peer);
        peer.ask(&message);
        most = most.max(count(&mut peer) - before);
    }
    Figures::new().at_most("calls run of one message", most as f64, "", BATCH as f64)
}
