//! Frames of a WebSocket: right ones in odd forms, and wrong ones of every kind.

use tests::{Frame, WebSocket, web_socket_frame};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::wire::{ADD, SUM};

pub(super) const PROMISES: &[Promise] = &[Promise::of_servers(
    "websocket",
    Model::ALL,
    websocket,
    "WebSocket frames of every form that the RFC allows are understood; every other closes with the code that the RFC \
     names",
)
.side_by_side()];

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
/// Without it more fragments follow.
const FIN: u8 = 0x80;

/// What is sent, and what must come.
struct Case {
    what: String,
    bytes: Vec<u8>,
    comes: Comes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Comes {
    /// Frames, after which the connection is still there.
    Frames(Vec<Frame>),
    /// A close with this code, behind the fault if there is one.
    Close(Option<u16>),
}

fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    web_socket_frame(first, payload.as_ref(), true)
}

fn sum() -> Comes {
    Comes::Frames(vec![Frame::Text(SUM.to_owned())])
}

fn closed(code: u16) -> Comes {
    Comes::Close(Some(code))
}

fn case(what: impl Into<String>, bytes: Vec<u8>, comes: Comes) -> Case {
    Case { what: what.into(), bytes, comes }
}

/// A text in fragments of this size.
fn fragments(text: &[u8], size: usize) -> Vec<Vec<u8>> {
    let count = text.len().div_ceil(size);
    let pieces = text.chunks(size).enumerate().map(|(number, piece)| {
        let first = if number == 0 { TEXT & !FIN } else { 0 };
        let last = if number + 1 == count { FIN } else { 0 };
        frame(first | last, piece)
    });
    pieces.collect()
}

fn all_cases(is_quick: bool) -> Vec<Case> {
    let groups = [
        sizes(),
        controls(),
        reserved(),
        fragmented(),
        texts(is_quick),
        closes(),
        headers(),
        large(is_quick),
    ];
    groups.into_iter().flatten().collect()
}

/// A call with so much white space behind it that it has this size.
fn padded(size: usize) -> String {
    ADD.to_owned() + &" ".repeat(size - ADD.len())
}

/// Texts of the sizes at which the header changes.
fn sizes() -> Vec<Case> {
    let sizes = [125, 126, 127, 128, 65_535, 65_536, 65_537];
    let texts = sizes.map(|size| case(format!("{size} bytes"), frame(TEXT, padded(size)), sum()));
    let mut cases: Vec<_> = texts.into();
    cases.push(case("no text", frame(TEXT, ""), closed(1008)));
    cases.push(case("a binary message", frame(BINARY, ADD), closed(1003)));
    cases
}

fn controls() -> Vec<Case> {
    let pong = |payload: &[u8]| Comes::Frames(vec![Frame::Pong(payload.to_vec())]);
    let mut cases = Vec::new();
    for size in [0, 1, 125] {
        let payload = vec![b'p'; size];
        cases.push(case(format!("a ping of {size}"), frame(PING, &payload), pong(&payload)));
    }
    cases.push(case("a ping that is no UTF-8", frame(PING, b"\xff\xfe\0"), pong(b"\xff\xfe\0")));
    cases.push(case("a ping of 126", frame(PING, [0; 126]), closed(1002)));
    cases.push(case("a pong of 126", frame(PONG, [0; 126]), closed(1002)));
    cases.push(case("a ping in fragments", frame(PING & !FIN, "p"), closed(1002)));
    cases.push(case("a close in fragments", frame(CLOSE & !FIN, ""), closed(1002)));
    cases.push(case("a pong unasked", [frame(PONG, "x"), frame(TEXT, ADD)].concat(), sum()));
    cases
}

fn reserved() -> Vec<Case> {
    let mut cases = Vec::new();
    for bits in [0x10, 0x20, 0x40, 0x70] {
        for first in [TEXT, PING, CLOSE, BINARY] {
            cases.push(case(
                format!("{:#x}", first | bits),
                frame(first | bits, ADD),
                closed(1002),
            ));
        }
    }
    for opcode in (3..8).chain(0xB..=0xF) {
        cases.push(case(format!("opcode {opcode}"), frame(FIN | opcode, "x"), closed(1002)));
    }
    cases
}

fn fragmented() -> Vec<Case> {
    let mut cases = Vec::new();
    for size in [1, 2, 7, ADD.len() - 1] {
        let pieces = fragments(ADD.as_bytes(), size);
        cases.push(case(format!("fragments of {size}"), pieces.concat(), sum()));
        let with_pings = pieces.join(&frame(PING, "p")[..]);
        let Comes::Frames(mut frames) = sum() else { unreachable!() };
        // Of pings that come together the last is answered.
        frames.insert(0, Frame::Pong(b"p".to_vec()));
        cases.push(case(
            format!("pings between fragments of {size}"),
            with_pings,
            Comes::Frames(frames),
        ));
    }
    let empty = [frame(TEXT & !FIN, ""), frame(0, ADD), frame(0, ""), frame(FIN, "")].concat();
    cases.push(case("empty fragments", empty, sum()));
    cases.push(case("a fragment without a beginning", frame(FIN, ADD), closed(1002)));
    cases.push(case("one more without a beginning", frame(0, ADD), closed(1002)));
    let twice = [frame(TEXT & !FIN, "{"), frame(TEXT, ADD)].concat();
    cases.push(case("a beginning within a message", twice, closed(1002)));
    cases
}

/// Characters of several bytes, whole and broken, split everywhere.
fn texts(is_quick: bool) -> Vec<Case> {
    let call = |text: &[u8]| {
        [br#"{"method_name":"echo","method_args":[""#, text, br#""],"id":1}"#].concat()
    };
    let right = "é€🦀";
    let whole = call(right.as_bytes());
    let comes = Comes::Frames(vec![Frame::Text(format!(r#"{{"res":"{right}","id":1}}"#))]);
    let wrong: [&[u8]; 9] = [
        b"\xff",
        b"\x80",
        b"\xc3",
        b"\xc0\xaf",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf0\x9f\xa6",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
    ];
    let mut cases = Vec::new();
    for at in 1..whole.len() {
        let halves = [frame(TEXT & !FIN, &whole[..at]), frame(FIN, &whole[at..])].concat();
        cases.push(case(format!("UTF-8 split at {at}"), halves, comes.clone()));
    }
    for text in wrong {
        let whole = call(text);
        for at in (1..whole.len()).step_by(if is_quick { 11 } else { 1 }) {
            let halves = [frame(TEXT & !FIN, &whole[..at]), frame(FIN, &whole[at..])].concat();
            cases.push(case(format!("{text:x?} split at {at}"), halves, closed(1007)));
        }
    }
    cases
}

fn closes() -> Vec<Case> {
    let with = |code: u16, reason: &[u8]| frame(CLOSE, [&code.to_be_bytes(), reason].concat());
    let mut cases = vec![
        case("a close without a code", frame(CLOSE, ""), Comes::Close(None)),
        case("half a code", frame(CLOSE, "x"), closed(1002)),
        case("a long reason", with(1000, &[b'r'; 123]), closed(1000)),
        case("too long a reason", with(1000, &[b'r'; 124]), closed(1002)),
        case("a reason that is no UTF-8", with(1000, b"\xff"), closed(1007)),
    ];
    for code in [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
        4999,
    ] {
        let then_a_call = [with(code, b""), frame(TEXT, ADD)].concat();
        cases.push(case(format!("a close with {code}"), then_a_call, closed(code)));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        cases.push(case(format!("a close with {code}"), with(code, b""), closed(1002)));
    }
    cases
}

/// Masks and lengths in forms that are not allowed.
fn headers() -> Vec<Case> {
    let of = |header: &[u8]| [header, &[0; 4], ADD.as_bytes()].concat();
    let size = u8::try_from(ADD.len()).unwrap();
    vec![
        case("no mask", web_socket_frame(TEXT, ADD.as_bytes(), false), closed(1002)),
        case("a ping without a mask", web_socket_frame(PING, b"", false), closed(1002)),
        case("a small length in two bytes", of(&[TEXT, 0xFE, 0, size]), closed(1002)),
        case("a small length in eight", of(&[TEXT, 0xFF, 0, 0, 0, 0, 0, 0, 0, size]), closed(1002)),
        case(
            "a length in eight that needs two",
            of(&[TEXT, 0xFF, 0, 0, 0, 0, 0, 0, 1, 0]),
            closed(1002),
        ),
        case(
            "a length with its first bit",
            of(&[TEXT, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            closed(1002),
        ),
        case("a length over the limit", of(&[TEXT, 0xFF, 0, 0, 0, 0, 0xFF, 0, 0, 0]), closed(1009)),
    ]
}

/// Messages of many bytes in fragments of few.
fn large(is_quick: bool) -> Vec<Case> {
    let (size, limit) = (if is_quick { 100_000 } else { 5_000_000 }, 10 << 20);
    let text = padded(size);
    let mut cases = Vec::new();
    for piece in [61, 997, 65_536] {
        let pieces = fragments(text.as_bytes(), piece).concat();
        cases.push(case(format!("{size} bytes in fragments of {piece}"), pieces, sum()));
    }
    let over = fragments(&vec![b' '; limit + 1], 1 << 20).concat();
    cases.push(case("fragments over the limit", over, closed(1009)));
    cases
}

/// What comes of a case that is none of its expectation; `None` where it is as it must be.
fn try_case(socket: &mut WebSocket, case: &Case) -> Option<String> {
    // The server may have closed before the last byte.
    let _ = socket.try_write(&case.bytes);
    match &case.comes {
        Comes::Frames(frames) => {
            for expected in frames {
                let mut frame = socket.receive();
                // One ping of several may be answered more often than it must.
                let pong = Frame::Pong(b"p".to_vec());
                while *expected != pong && frame.as_ref() == Some(&pong) {
                    frame = socket.receive();
                }
                if frame.as_ref() != Some(expected) {
                    return Some(format!("{expected:?} was expected, and {frame:?} came"));
                }
            }
            let again = socket.ask(ADD);
            (again != SUM).then(|| format!("afterwards {again}"))
        }
        Comes::Close(code) => loop {
            match socket.receive() {
                Some(Frame::Close(said)) if said == *code => {
                    let rest = socket.receive();
                    return rest.map(|rest| format!("behind the close {rest:?}"));
                }
                // The fault before it.
                Some(Frame::Text(text)) if text.contains("\"error\"") => {}
                other => {
                    return Some(format!("a close with {code:?} was expected, and {other:?} came"));
                }
            }
        },
    }
}

/// Every case on a connection of its own.
fn websocket(setup: Setup) -> Figures {
    let server = setup.serve("");
    let address = server.address().socket_addr().unwrap();
    let cases = all_cases(setup.effort.is_quick);
    let wrong = cases.iter().filter_map(|case| {
        let mut socket = WebSocket::connect(address);
        let wrong = try_case(&mut socket, case)?;
        Some(format!("{}: {wrong}", case.what))
    });
    let wrong: Vec<_> = wrong.collect();
    Figures::new().told("cases", cases.len() as f64, "").none_of("wrong answers", &wrong)
}
