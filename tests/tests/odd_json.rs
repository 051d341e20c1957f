//! What is answered to JSON that implementations disagree about, and whether the connection goes on.

use rpc_core::RpcServer;
use rpc_core::protocol::Framing;
use tests::{Model, Peer};

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    LivesOn,
    Closes,
}
use Then::{Closes, LivesOn};

#[test]
fn odd_json_is_answered_as_the_table_says() {
    let same =
        |value: &str| format!(r#"{{"method_name":"same","method_args":[{value}]}}"#).into_bytes();
    let add =
        |value: &str| format!(r#"{{"method_name":"add","method_args":[1,{value}]}}"#).into_bytes();
    let divide = |value: &str| {
        format!(r#"{{"method_name":"divide","method_args":[{value},1]}}"#).into_bytes()
    };
    let id = |id: &str| format!(r#"{{"method_name":"nothing","id":{id}}}"#).into_bytes();
    let result = |result: &str| format!(r#"{{"res":{result}}}"#);
    let fault = |code: i64, message: &str| {
        let message = message.replace('"', "\\\"");
        format!(r#"{{"error":{{"code":{code},"message":"{message}"}}}}"#)
    };
    let syntax = |message: &str| fault(-32700, &format!("not JSON: expected {message}"));
    let b = |of: &str, came: &str| {
        fault(
            -32602,
            &format!("argument `b` of `add` must be i64, but {of} came: {came}, expected i64"),
        )
    };

    #[rustfmt::skip]
    let table: Vec<(&str, Vec<u8>, String, Then)> = vec![
        // Bytes that are no text.
        ("a byte that is no UTF-8", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xff", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39"), Closes),
        ("UTF-8 cut short", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xf0\x9f\xa6", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39"), Closes),
        ("an overlong form", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xc0\xaf", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39"), Closes),
        ("a surrogate as UTF-8", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xed\xa0\x80", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39"), Closes),
        ("a byte-order mark", [&b"\xef\xbb\xbf"[..], &same("1")].concat(), syntax("a value at byte 0"), Closes),
        ("UTF-16", "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect(), syntax("a member name in quotes at byte 1"), Closes),
        ("half a surrogate pair", same(r#""\ud83e""#), syntax("the second half of a surrogate pair at byte 44"), Closes),
        ("halves in the wrong order", same(r#""\udd80\ud83e""#), syntax("the first half of a surrogate pair at byte 44"), Closes),
        ("a raw control character", same("\"\x01\""), syntax("no raw control character in a string at byte 38"), Closes),
        ("a null character as an escape", same(r#""\u0000""#), result(r#""\u0000""#), LivesOn),
        ("U+2028 and U+FFFF", same("\"\u{2028}\u{ffff}\""), result("\"\u{2028}\u{ffff}\""), LivesOn),

        // Numbers.
        ("NaN", same("NaN"), syntax("a value at byte 37"), Closes),
        ("Infinity", same("Infinity"), syntax("a value at byte 37"), Closes),
        ("-Infinity", same("-Infinity"), syntax("a digit at byte 38"), Closes),
        ("2^63 for an i64", add("9223372036854775808"), b("the number 9223372036854775808", "invalid value: integer `9223372036854775808`"), LivesOn),
        ("2^64 for an i64", add("18446744073709551616"), b("the number 18446744073709551616", "invalid type: floating point `1.8446744073709552e+19`"), LivesOn),
        ("2^70 for an i64", add("1180591620717411303424"), b("the number 1180591620717411303424", "invalid type: floating point `1.1805916207174113e+21`"), LivesOn),
        ("2^70 for an f64", divide("1180591620717411303424"), result("1.1805916207174113e+21"), LivesOn),
        ("2^64 for any value", same("18446744073709551616"), result("1.8446744073709552e+19"), LivesOn),
        ("1e400 for an f64", divide("1e400"), fault(-32602, "argument `dividend` of `divide` must be f64, but the number 1e400 came: number out of range"), LivesOn),
        ("1e400 for any value", same("1e400"), fault(-32602, "argument `value` of `same` must be Value, but the number 1e400 came: number out of range"), LivesOn),
        ("1e-400 for an f64", divide("1e-400"), result("0.0"), LivesOn),
        ("1.0 for an i64", add("1.0"), b("the number 1.0", "invalid type: floating point `1.0`"), LivesOn),
        ("1e2 for an i64", add("1e2"), b("the number 1e2", "invalid type: floating point `100.0`"), LivesOn),
        ("1 for an f64", divide("1"), result("1.0"), LivesOn),
        ("-0 for an i64", add("-0"), b("the number -0", "invalid type: floating point `-0.0`"), LivesOn),
        ("true for an i64", add("true"), b("true", "invalid type: boolean `true`"), LivesOn),
        ("\"1\" for an i64", add("\"1\""), b("the string \"1\"", "invalid type: string \"1\""), LivesOn),
        ("a leading zero", add("01"), syntax("`,` or `]` at byte 39"), Closes),
        ("a plus sign", add("+1"), syntax("a value at byte 38"), Closes),
        ("a hexadecimal number", add("0x1"), syntax("`,` or `]` at byte 39"), Closes),

        // Members given twice.
        ("`method_name` twice", br#"{"method_name":"add","method_name":"add"}"#.to_vec(), fault(-32600, "member `method_name` is given twice"), LivesOn),
        ("`method_args` twice", br#"{"method_name":"add","method_args":[1,2],"method_args":[1,2]}"#.to_vec(), fault(-32600, "member `method_args` is given twice"), LivesOn),
        ("`method_kwargs` twice", br#"{"method_name":"add","method_kwargs":{},"method_kwargs":{}}"#.to_vec(), fault(-32600, "member `method_kwargs` is given twice"), LivesOn),
        ("`id` twice", br#"{"method_name":"add","id":1,"id":2}"#.to_vec(), fault(-32600, "member `id` is given twice").replace("}}", r#"},"id":1}"#), LivesOn),
        ("a keyword twice", br#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":1,"c":1}}"#.to_vec(), fault(-32602, "argument `c` of `add` is given twice, by name both times"), LivesOn),
        ("a keyword twice, once with an escape", br#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":1,"\u0063":1}}"#.to_vec(), fault(-32602, "argument `c` of `add` is given twice, by name both times"), LivesOn),
        ("an unknown member twice", br#"{"x":1,"x":2,"method_name":"nothing"}"#.to_vec(), result("null"), LivesOn),
        ("a member of a value twice", same(r#"{"x":1,"x":2}"#), result(r#"{"x":2}"#), LivesOn),

        // Ids.
        ("a whole number of any size", id("1180591620717411303424"), r#"{"res":null,"id":1180591620717411303424}"#.to_owned(), LivesOn),
        ("a negative number", id("-1"), r#"{"res":null,"id":-1}"#.to_owned(), LivesOn),
        ("-0", id("-0"), r#"{"res":null,"id":-0}"#.to_owned(), LivesOn),
        ("a text, escapes and all", id(r#""\u0061\/""#), r#"{"res":null,"id":"\u0061\/"}"#.to_owned(), LivesOn),
        ("null", id("null"), r#"{"res":null,"id":null}"#.to_owned(), LivesOn),
        ("1.0", id("1.0"), fault(-32600, "member `id` must be a string, a whole number or null, not 1.0"), LivesOn),
        ("1e0", id("1e0"), fault(-32600, "member `id` must be a string, a whole number or null, not 1e0"), LivesOn),
        ("true", id("true"), fault(-32600, "member `id` must be a string, a whole number or null"), LivesOn),
        ("an array", id("[1]"), fault(-32600, "member `id` must be a string, a whole number or null"), LivesOn),
        ("an object", id("{}"), fault(-32600, "member `id` must be a string, a whole number or null"), LivesOn),

        // What only some parsers take.
        ("a comma too many", add("2,"), syntax("a value at byte 40"), Closes),
        ("a comment", add("2/*two*/"), syntax("`,` or `]` at byte 39"), Closes),
        ("single quotes", b"{'method_name':'add'}".to_vec(), syntax("a member name in quotes at byte 1"), Closes),
        ("a name without quotes", b"{method_name:1}".to_vec(), syntax("a member name in quotes at byte 1"), Closes),
        ("a form feed as white space", b"{\x0c}".to_vec(), syntax("a member name in quotes at byte 1"), Closes),
        ("nothing", b"".to_vec(), syntax("a value at byte 0"), Closes),
        ("white space", b" \n".to_vec(), syntax("a value at byte 2"), Closes),
        ("a number", b"5".to_vec(), fault(-32600, "a call is a JSON object"), LivesOn),
        ("an array of calls", [b"[", &id("1")[..], b"]"].concat(), r#"[{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"a batch has calls of JSON-RPC 2.0 alone, with `jsonrpc` and `method`"},"id":1}]"#.to_owned(), LivesOn),
    ];

    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        for (what, message, reply, then) in &table {
            peer.write(&tests::frame(Framing::LengthPrefix, message));
            assert_eq!(peer.receive().as_ref(), Some(reply), "{what}");
            if *then == Closes {
                assert!(peer.is_ended(), "{what}");
                peer = Peer::connect(server.address(), Framing::LengthPrefix);
            }
            assert_eq!(peer.ask(r#"{"method_name":"nothing"}"#), r#"{"res":null}"#, "{what}");
        }
    }
}
