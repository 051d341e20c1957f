//! The rules of RFC 6455 for frames, each as the bytes that keep or break it.

use super::super::{Connection, Framing, Inbound, Limits, ProtocolError};
use super::{Close, Side, write_close};

const LIMIT: usize = 70_000;
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn limits() -> Limits {
    Limits { max_message_bytes: LIMIT, ..Limits::default() }
}

fn server() -> Connection {
    Connection::new(Some(Framing::WebSocket), limits())
}

/// A frame as a client sends it: its first byte, the second byte's size and those that follow it, and
/// the payload, masked here.
fn frame(first: u8, size: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, size[0] | 0x80];
    frame.extend(&size[1..]);
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// The same in the shortest form.
fn short(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let size = match payload.len() {
        size @ 0..126 => vec![u8::try_from(size).unwrap()],
        size @ 126..0x1_0000 => {
            [&[126][..], &u16::try_from(size).unwrap().to_be_bytes()[..]].concat()
        }
        size => [&[127][..], &(size as u64).to_be_bytes()[..]].concat(),
    };
    frame(first, &size, payload)
}

/// What a connection came to.
#[derive(Debug, Default, PartialEq)]
struct Came {
    messages: Vec<Vec<u8>>,
    output: Vec<u8>,
    error: Option<ProtocolError>,
    is_closed: bool,
    is_partial: bool,
}

fn feed(connection: &mut Connection, mut bytes: &[u8], came: &mut Came) {
    loop {
        loop {
            match connection.next_message() {
                Ok(Some(message)) => came.messages.push(connection.message(&message).to_vec()),
                Ok(None) => break,
                Err(error) => {
                    came.error = Some(error);
                    return;
                }
            }
        }
        if bytes.is_empty() {
            break;
        }
        let room = connection.room();
        let count = room.len().min(bytes.len());
        room[..count].copy_from_slice(&bytes[..count]);
        connection.received(count);
        bytes = &bytes[count..];
    }
    came.output.extend(connection.output());
    connection.written();
    came.is_closed = connection.is_closed();
    came.is_partial = connection.is_partial();
}

fn received(bytes: &[u8]) -> Came {
    let mut came = Came::default();
    feed(&mut server(), bytes, &mut came);
    came
}

#[track_caller]
fn refused(bytes: &[u8], expected: &ProtocolError) {
    assert_eq!(received(bytes).error.as_ref(), Some(expected));
}

#[test]
fn the_examples_of_the_rfc() {
    // Section 5.7: a masked text, and the two fragments of it.
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(received(&masked).messages, [b"Hello"]);
    let fragments = [short(0x01, "Hel"), short(0x80, "lo")].concat();
    assert_eq!(received(&fragments).messages, [b"Hello"]);
    // A ping and its pong, which a server does not mask.
    let ping = [0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(received(&ping).output, [0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
}

#[test]
fn messages_of_every_length_arrive() {
    for length in [0, 1, 7, 8, 125, 126, 127, 65_535, 65_536, LIMIT] {
        let payload: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
        let came = received(&short(0x81, &payload));
        assert_eq!((came.messages, came.error), (vec![payload], None), "{length}");
    }
}

#[test]
fn a_length_is_checked_before_the_payload_has_come() {
    for (size, announced) in [
        (&[127, 0, 0, 0, 0, 0, 1, 0x11, 0x71][..], LIMIT + 1),
        (&[127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], usize::MAX >> 1),
    ] {
        let error = ProtocolError::TooLarge { size: announced, limit: LIMIT };
        refused(&frame(0x81, size, b""), &error);
    }
    let whole = [short(0x01, vec![b'a'; LIMIT]), frame(0x80, &[1], b"")].concat();
    refused(&whole, &ProtocolError::TooLarge { size: LIMIT + 1, limit: LIMIT });
    let mut connection = server();
    feed(
        &mut connection,
        &frame(0x81, &[127, 0, 0, 0, 0, 0, 1, 0x11, 0x70], b""),
        &mut Came::default(),
    );
    assert!(connection.room().len() < 64 * 1024);
}

#[test]
fn what_the_rfc_forbids_is_refused() {
    let unmasked = [0x81, 0x02, b'{', b'}'];
    for (bytes, rule) in [
        (&unmasked[..], "a client masks every frame"),
        (&short(0xC1, "{}"), "a reserved bit is set, and no extension was agreed upon"),
        (&short(0xA1, "{}"), "a reserved bit is set, and no extension was agreed upon"),
        (&short(0x91, "{}"), "a reserved bit is set, and no extension was agreed upon"),
        (&short(0x83, "{}"), "the opcode is a reserved one"),
        (&short(0x8B, "{}"), "the opcode is a reserved one"),
        (&short(0x8F, "{}"), "the opcode is a reserved one"),
        (&short(0x09, ""), "a control frame has at most 125 bytes and is not fragmented"),
        (&short(0x89, [0; 126]), "a control frame has at most 125 bytes and is not fragmented"),
        (&short(0x88, [0; 126]), "a control frame has at most 125 bytes and is not fragmented"),
        (&frame(0x81, &[126, 0, 125], b""), "a length is not in its shortest form"),
        (
            &frame(0x81, &[127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], b""),
            "a length is not in its shortest form",
        ),
        (
            &frame(0x81, &[127, 0x80, 0, 0, 0, 0, 0, 0, 0], b""),
            "the highest bit of a length is set",
        ),
        (&short(0x80, "{}"), "a fragment continues no message"),
        (&short(0x00, "{}"), "a fragment continues no message"),
        (&[short(0x01, "{"), short(0x81, "}")].concat(), "a message begins within another"),
        (&[short(0x01, "{"), short(0x82, "}")].concat(), "a message begins within another"),
        (&short(0x88, [3]), "a close code has two bytes"),
    ] {
        refused(bytes, &ProtocolError::Frame(rule));
    }
    refused(&short(0x82, "{}"), &ProtocolError::BinaryMessage);
    refused(&short(0x02, "{"), &ProtocolError::BinaryMessage);
    refused(&short(0x88, [0x03, 0xe8, b'a', 0xff]), &ProtocolError::Utf8 { at: 1 });
}

#[test]
fn a_server_that_masks_is_refused() {
    let mut inbound = Inbound::new(Some(Framing::WebSocket), Side::Client, &limits());
    let bytes = short(0x81, "{}");
    inbound.room()[..bytes.len()].copy_from_slice(&bytes);
    inbound.received(bytes.len());
    let error = inbound.next(&mut Vec::new()).unwrap_err();
    assert_eq!(error, ProtocolError::Frame("a server masks no frame"));
}

#[test]
fn close_codes_are_those_that_may_be_sent() {
    for code in 0..=u16::MAX {
        let may = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let came = received(&short(0x88, code.to_be_bytes()));
        assert_eq!((came.is_closed, came.error.is_none()), (may, may), "{code}");
    }
}

#[test]
fn a_close_is_echoed_and_ends_what_is_read() {
    for (payload, echo) in [
        (&[][..], &[0x88, 0][..]),
        (&[0x03, 0xe8], &[0x88, 2, 0x03, 0xe8]),
        (&[0x0f, 0xa0, b'b', b'y', b'e'], &[0x88, 2, 0x0f, 0xa0]),
    ] {
        let bytes = [short(0x01, "{"), short(0x88, payload), short(0x81, "{}"), vec![0xff]];
        let mut connection = server();
        let mut came = Came::default();
        feed(&mut connection, &bytes.concat(), &mut came);
        assert_eq!((came.messages.len(), came.error), (0, None));
        assert!(came.is_closed && !came.is_partial);
        connection.close(&Close::with(1001));
        assert_eq!(connection.output(), echo);
        let mut came = Came::default();
        feed(&mut connection, &short(0x81, "{}"), &mut came);
        assert!(came.messages.is_empty() && !came.is_partial);
    }
}

#[test]
fn errors_have_close_codes() {
    let utf8 = ProtocolError::Utf8 { at: 0 };
    for (close, code) in [
        (Close::after_error(&ProtocolError::TooLarge { size: 1, limit: 0 }), 1009),
        (Close::after_error(&ProtocolError::BinaryMessage), 1003),
        (Close::after_error(&ProtocolError::Frame("")), 1002),
        (Close::after_error(&utf8), 1007),
        (Close::after_message(b"\xff"), 1007),
        (Close::after_message(b"nonsense"), 1008),
    ] {
        assert_eq!(close.code, Some(code));
    }
}

#[test]
fn control_frames_stand_between_fragments() {
    let text = "{\"schlüssel\":\"wört\"}".as_bytes();
    // Cut inside of characters too.
    for cut in 0..=text.len() {
        let bytes = [
            short(0x8A, "unasked"),
            short(0x01, &text[..cut]),
            short(0x89, "one"),
            short(0x00, ""),
            short(0x8A, ""),
            short(0x80, &text[cut..]),
            short(0x81, "{}"),
        ];
        let came = received(&bytes.concat());
        assert_eq!(came.messages, [text, b"{}"]);
        assert_eq!(came.output, b"\x8a\x03one");
    }
}

#[test]
fn every_cut_comes_to_the_same() {
    let bytes = [
        short(0x81, "{\"a\":1}"),
        short(0x89, "first"),
        short(0x01, [b'x'; 200]),
        short(0x00, ""),
        short(0x89, "second"),
        short(0x00, [b'y'; 3]),
        short(0x80, "z"),
        short(0x81, ""),
        short(0x88, [0x03, 0xe9]),
    ]
    .concat();
    let whole = received(&bytes);
    assert_eq!(whole.messages.len(), 3);
    for step in 1..bytes.len() {
        let mut connection = server();
        let mut came = Came::default();
        for chunk in bytes.chunks(step) {
            feed(&mut connection, chunk, &mut came);
        }
        // Pings that come together have one pong, so that alone differs.
        assert_eq!(Came { output: vec![], ..came }, Came { output: vec![], ..received(&bytes) });
    }
    for end in 0..bytes.len() {
        let mut connection = server();
        let mut came = Came::default();
        feed(&mut connection, &bytes[..end], &mut came);
        assert_eq!(came.error, None);
        let mut last = connection.last_message();
        while let Ok(Some(_)) = last {
            last = connection.last_message();
        }
        assert_eq!(last == Err(ProtocolError::Truncated), came.is_partial, "{end}");
    }
}

#[test]
fn frames_without_end_take_no_memory() {
    let mut connection = server();
    let mut came = Came::default();
    feed(&mut connection, &short(0x01, "["), &mut came);
    let empty = [short(0x00, ""), short(0x89, [b'p'; 125])].concat().repeat(100);
    for _ in 0..100 {
        feed(&mut connection, &empty, &mut came);
        assert!(came.output.len() <= 127 * 8, "{}", came.output.len());
        came.output.clear();
        assert!(connection.room().len() < 64 * 1024);
    }
    feed(&mut connection, &short(0x80, "]"), &mut came);
    assert_eq!((came.messages, came.error), (vec![b"[]".to_vec()], None));
}

#[test]
fn replies_have_the_shortest_header() {
    for (length, header) in [
        (0, &[0x81, 0][..]),
        (125, &[0x81, 125]),
        (126, &[0x81, 126, 0, 126]),
        (65_535, &[0x81, 126, 0xff, 0xff]),
        (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let mut connection = server();
        for _ in 0..2 {
            connection.reply(&(0..0), |_, out| {
                out.extend(vec![b'r'; length]);
                true
            });
        }
        connection.reply(&(0..0), |_, _| false);
        let one = [header, &vec![b'r'; length]].concat();
        assert!(connection.output() == one.repeat(2), "{length}");
    }
}

#[test]
fn what_a_client_writes_a_server_reads() {
    let mut out = Vec::new();
    let lengths = [0, 1, 125, 126, 65_535, 65_536];
    for length in lengths {
        let start = out.len();
        Framing::WebSocket.begin_call(&mut out);
        out.extend((0..=127).cycle().take(length));
        Framing::WebSocket.end_call(&mut out, start);
    }
    write_close(&mut out, Side::Client, &Close::with(1000));
    let came = received(&out);
    let expected: Vec<Vec<u8>> =
        lengths.into_iter().map(|length| (0..=127).cycle().take(length).collect()).collect();
    assert_eq!((came.messages, came.error), (expected, None));
    assert!(came.is_closed);
}

#[test]
fn a_silent_peer_is_asked_once_at_a_time() {
    let mut connection = server();
    assert!(connection.ask());
    assert_eq!(connection.output(), [0x89, 0]);
    assert!(!connection.ask());
    feed(&mut connection, &short(0x8A, ""), &mut Came::default());
    assert!(connection.ask());
    let mut raw = Connection::new(Some(Framing::Raw), limits());
    assert!(!raw.ask());
    raw.close(&Close::with(1000));
    assert!(raw.output().is_empty());
}
