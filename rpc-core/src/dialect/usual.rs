//! Reads a call in the usual form, byte for byte as the clients of this crate write it, and in
//! JSON-RPC those of others.
//!
//! Nearly every call has this form, and knowing what must come next saves looking for what might.
//! Whatever is not in it, however slightly, is left to the walk that takes any form.

use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Limits, ProtocolError};

use super::Dialect;
use super::request::Request;

/// Reads `{"method_name":"…","method_args":[…],"method_kwargs":{…},"id":…}`, or
/// `{"jsonrpc":"2.0","method":"…","params":…,"id":…}` with the id in front or behind, into a request
/// that is as it was made.
///
/// `false` says nothing of the message, and leaves the request with what had been read by then.
pub(super) fn read_usual<'a>(text: &'a str, depth: usize, request: &mut Request<'a>) -> bool {
    let mut reader = Reader::new(text, depth);
    let read = if text.starts_with("{\"j") {
        read_json_rpc(&mut reader, request)
    } else {
        read_native(&mut reader, request)
    };
    read.unwrap_or(false)
}

fn read_native<'a>(
    reader: &mut Reader<'a>,
    request: &mut Request<'a>,
) -> Result<bool, ProtocolError> {
    if !reader.enter(b"{\"method_name\":\"") {
        return Ok(false);
    }
    request.call.method = reader.plain_text().into();
    if !reader.step(b"\",\"method_args\":") {
        return Ok(false);
    }
    request.call.positional.read(reader)?;
    if !reader.step(b",\"method_kwargs\":") {
        return Ok(false);
    }
    request.call.keyword.read(reader)?;
    if !reader.step(b",\"id\":") {
        return Ok(false);
    }
    request.id = reader.small_number().filter(|id| is_short(id));
    Ok(request.id.is_some() && reader.is_last(b'}'))
}

fn read_json_rpc<'a>(
    reader: &mut Reader<'a>,
    request: &mut Request<'a>,
) -> Result<bool, ProtocolError> {
    if !reader.enter(b"{\"jsonrpc\":\"2.0\",\"") {
        return Ok(false);
    }
    request.dialect = Dialect::JsonRpc;
    if reader.step(b"id\":") {
        request.id = id(reader);
        if request.id.is_none() || !reader.step(b",\"") {
            return Ok(false);
        }
    }
    if !reader.step(b"method\":\"") {
        return Ok(false);
    }
    request.call.method = reader.plain_text().into();
    if !reader.step(b"\"") {
        return Ok(false);
    }
    if reader.step(b",\"params\":") {
        match reader.kind()? {
            Kind::Array => request.call.positional.read(reader)?,
            Kind::Object => request.call.keyword.read(reader)?,
            _ => return Ok(false),
        }
    }
    if request.id.is_none() && reader.step(b",\"id\":") {
        request.id = id(reader);
        if request.id.is_none() {
            return Ok(false);
        }
    }
    request.wants_reply = request.id.is_some();
    Ok(reader.is_last(b'}'))
}

/// Steps over a JSON-RPC call in the usual form, in less time than over any value. What is found is
/// JSON; it need not be a call.
pub(super) fn step_over_usual_call(reader: &mut Reader<'_>) -> Option<()> {
    let has = |found: bool| found.then_some(());
    has(reader.enter(b"{\"jsonrpc\":\"2.0\",\""))?;
    if reader.step(b"id\":") {
        id(reader)?;
        has(reader.step(b",\""))?;
    }
    has(reader.step(b"method\":\""))?;
    reader.plain_text();
    has(reader.step(b"\""))?;
    if reader.step(b",\"params\":") {
        reader.value().ok()?;
    }
    if reader.step(b",\"id\":") {
        id(reader)?;
    }
    has(reader.leave())
}

/// Reads an id of the kinds that clients use: a number that is not negative, or a text that is not too long.
fn id<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    reader.small_number().or_else(|| reader.plain_string()).filter(|id| is_short(id))
}

fn is_short(id: &str) -> bool {
    id.len() <= Limits::MAX_ID_BYTES
}

#[cfg(test)]
mod tests {
    use super::super::read::{read_any, read_call};
    use super::super::{Incoming, Request};
    use super::Limits;
    use super::step_over_usual_call;
    use crate::protocol::json::Reader;

    /// Says all there is to a call, or how it fails.
    fn told(read: Result<Incoming<'_>, impl std::fmt::Debug>, request: &Request<'_>) -> String {
        match read {
            Ok(Incoming::Call) => format!(
                "{:?} {:?} {:?} {} {:?} {:?} {:?}",
                request.dialect,
                request.id,
                request.timeout,
                request.wants_reply,
                request.call.method(),
                request.call.positional().iter().collect::<Vec<_>>(),
                request.call.keyword().iter().collect::<Vec<_>>(),
            ),
            other => format!("{other:?}"),
        }
    }

    fn assert_same(message: &[u8], limits: &Limits) {
        let (mut usual, mut any) = (Request::default(), Request::default());
        let read = told(read_call(message, limits, &mut usual), &usual);
        let expected = match std::str::from_utf8(message) {
            Ok(text) => told(read_any(text, limits, &mut any), &any),
            Err(_) => return,
        };
        assert_eq!(read, expected, "{:?}", String::from_utf8_lossy(message));
    }

    #[test]
    fn an_id_that_is_too_long_is_so_in_any_form() {
        for size in [Limits::MAX_ID_BYTES, Limits::MAX_ID_BYTES + 1] {
            for id in ["7".repeat(size), format!("\"{}\"", "x".repeat(size - 2))] {
                for call in [
                    format!(
                        r#"{{"method_name":"a","method_args":[],"method_kwargs":{{}},"id":{id}}}"#
                    ),
                    format!(r#"{{"jsonrpc":"2.0","method":"a","id":{id}}}"#),
                    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"a"}}"#),
                ] {
                    let mut request = Request::default();
                    let read = read_call(call.as_bytes(), &Limits::default(), &mut request);
                    assert_eq!(read.is_ok(), size == Limits::MAX_ID_BYTES, "{call}");
                    assert_same(call.as_bytes(), &Limits::default());
                }
            }
        }
    }

    const CALLS: [&str; 16] = [
        r#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":3},"id":123456}"#,
        r#"{"method_name":"add","method_args":[],"method_kwargs":{},"id":0}"#,
        r#"{"method_name":"a","method_args":[-1,0.5,1e9,true,null,"x"],"method_kwargs":{},"id":1}"#,
        r#"{"method_name":"a","method_args":[[1,[2]],{"a":{}}],"method_kwargs":{"c":[10]},"id":10}"#,
        r#"{"method_name":"é","method_args":["é\n"],"method_kwargs":{"c":"","c":2},"id":"7"}"#,
        r#"{"method_name":"m","method_args":[0,1,2,3,4,5,6],"method_kwargs":{"a":0,"b":1,"c":2,"d":3,"e":4,"f":5},"id":9}"#,
        r#"{"method_name":"m","method_args":[],"method_kwargs":{},"id":9,"timeout_ms":5}"#,
        r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":123456}"#,
        r#"{"jsonrpc":"2.0","id":0,"method":"add","params":[1,2]}"#,
        r#"{"jsonrpc":"2.0","method":"add","params":{"a":1,"b":[2]},"id":"x-7"}"#,
        r#"{"jsonrpc":"2.0","id":"","method":"é","params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"nothing","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#,
        r#"{"jsonrpc":"2.0","method":"nothing","params":[]}"#,
        r#"{"jsonrpc":"2.0","method":"nothing"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","params":[0,1,2,3,4,5],"id":2}"#,
    ];

    #[test]
    fn a_call_reads_the_same_whether_in_the_usual_form_or_any() {
        for call in CALLS {
            for depth in 0..5 {
                assert_same(call.as_bytes(), &Limits { max_depth: depth, ..Limits::default() });
            }
        }
    }

    #[test]
    fn what_is_stepped_over_is_a_value_as_any_walk_finds_it() {
        let check = |text: &[u8], limit| {
            let Ok(text) = std::str::from_utf8(text) else { return };
            let mut usual = Reader::new(text, limit);
            let Some(()) = usual.attempt(step_over_usual_call) else {
                assert_eq!(format!("{usual:?}"), format!("{:?}", Reader::new(text, limit)));
                return;
            };
            let mut any = Reader::new(text, limit);
            any.value().unwrap();
            assert_eq!(format!("{usual:?}"), format!("{any:?}"), "{text}");
        };
        for call in CALLS.map(str::as_bytes) {
            for at in 0..=call.len() {
                for byte in *b"\"\\{}[],: 01-.eE\n\x01dn" {
                    let (before, after) = call.split_at(at);
                    for limit in 0..4 {
                        check(&[before, &[byte], after].concat(), limit);
                        check(
                            &[before, &[byte], after.get(1..).unwrap_or_default()].concat(),
                            limit,
                        );
                        check(&[call, &[byte]].concat(), limit);
                    }
                }
            }
        }
    }

    #[test]
    fn a_call_reads_the_same_with_any_byte_changed_added_or_taken_away() {
        let limits = Limits::default();
        for call in CALLS.map(str::as_bytes) {
            for at in 0..=call.len() {
                assert_same(&call[..at], &limits);
                for byte in *b"\"\\{}[],: 01-.eE\n\x01dn" {
                    let (before, after) = call.split_at(at);
                    assert_same(&[before, &[byte], after].concat(), &limits);
                    if let [_, after @ ..] = after {
                        assert_same(&[before, &[byte], after].concat(), &limits);
                        assert_same(&[before, after].concat(), &limits);
                    }
                }
            }
        }
    }
}
