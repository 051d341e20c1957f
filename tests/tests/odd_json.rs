//! What is answered to JSON that implementations disagree about; behind a frame the connection goes on.

use rpc_core::RpcServer;
use rpc_core::protocol::Framing;
use tests::{Model, Peer};

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

    // With the feature `arbitrary_precision`, which some crate of a program may turn on, any value keeps a number
    // as exact as it came.
    let is_exact = serde_json::from_str::<serde_json::Value>("1e400").is_ok();
    let any = |number: &str, usual: String| if is_exact { result(number) } else { usual };

    #[rustfmt::skip]
    let table: Vec<(&str, Vec<u8>, String)> = vec![
        // Bytes that are no text.
        ("a byte that is no UTF-8", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xff", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39")),
        ("UTF-8 cut short", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xf0\x9f\xa6", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39")),
        ("an overlong form", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xc0\xaf", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39")),
        ("a surrogate as UTF-8", [&br#"{"method_name":"echo","method_args":["a"#[..], b"\xed\xa0\x80", br#""]}"#].concat(), fault(-32700, "not UTF-8 at byte 39")),
        ("a byte-order mark", [&b"\xef\xbb\xbf"[..], &same("1")].concat(), syntax("a value at byte 0")),
        ("UTF-16", "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect(), syntax("a member name in quotes at byte 1")),
        ("half a surrogate pair", same(r#""\ud83e""#), syntax("the second half of a surrogate pair at byte 44")),
        ("halves in the wrong order", same(r#""\udd80\ud83e""#), syntax("the first half of a surrogate pair at byte 44")),
        ("a raw control character", same("\"\x01\""), syntax("no raw control character in a string at byte 38")),
        ("a null character as an escape", same(r#""\u0000""#), result(r#""\u0000""#)),
        ("U+2028 and U+FFFF", same("\"\u{2028}\u{ffff}\""), result("\"\u{2028}\u{ffff}\"")),

        // Numbers.
        ("NaN", same("NaN"), syntax("a value at byte 37")),
        ("Infinity", same("Infinity"), syntax("a value at byte 37")),
        ("-Infinity", same("-Infinity"), syntax("a digit at byte 38")),
        ("2^63 for an i64", add("9223372036854775808"), b("the number 9223372036854775808", "invalid value: integer `9223372036854775808`")),
        ("2^64 for an i64", add("18446744073709551616"), b("the number 18446744073709551616", "invalid type: floating point `1.8446744073709552e+19`")),
        ("2^70 for an i64", add("1180591620717411303424"), b("the number 1180591620717411303424", "invalid type: floating point `1.1805916207174113e+21`")),
        ("2^70 for an f64", divide("1180591620717411303424"), result("1.1805916207174113e+21")),
        ("2^64 for any value", same("18446744073709551616"), any("18446744073709551616", result("1.8446744073709552e+19"))),
        ("1e400 for an f64", divide("1e400"), fault(-32602, "argument `dividend` of `divide` must be f64, but the number 1e400 came: number out of range")),
        ("1e400 for any value", same("1e400"), any("1e+400", fault(-32602, "argument `value` of `same` must be Value, but the number 1e400 came: number out of range"))),
        ("1e-400 for an f64", divide("1e-400"), result("0.0")),
        ("1.0 for an i64", add("1.0"), b("the number 1.0", "invalid type: floating point `1.0`")),
        ("1e2 for an i64", add("1e2"), b("the number 1e2", "invalid type: floating point `100.0`")),
        ("1 for an f64", divide("1"), result("1.0")),
        ("-0 for an i64", add("-0"), b("the number -0", "invalid type: floating point `-0.0`")),
        ("true for an i64", add("true"), b("true", "invalid type: boolean `true`")),
        ("\"1\" for an i64", add("\"1\""), b("the string \"1\"", "invalid type: string \"1\"")),
        ("a leading zero", add("01"), syntax("`,` or `]` at byte 39")),
        ("a plus sign", add("+1"), syntax("a value at byte 38")),
        ("a hexadecimal number", add("0x1"), syntax("`,` or `]` at byte 39")),

        // Members given twice.
        ("`method_name` twice", br#"{"method_name":"add","method_name":"add"}"#.to_vec(), fault(-32600, "member `method_name` is given twice")),
        ("`method_args` twice", br#"{"method_name":"add","method_args":[1,2],"method_args":[1,2]}"#.to_vec(), fault(-32600, "member `method_args` is given twice")),
        ("`method_kwargs` twice", br#"{"method_name":"add","method_kwargs":{},"method_kwargs":{}}"#.to_vec(), fault(-32600, "member `method_kwargs` is given twice")),
        ("`id` twice", br#"{"method_name":"add","id":1,"id":2}"#.to_vec(), fault(-32600, "member `id` is given twice").replace("}}", r#"},"id":1}"#)),
        ("a keyword twice", br#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":1,"c":1}}"#.to_vec(), fault(-32602, "argument `c` of `add` is given twice, by name both times")),
        ("a keyword twice, once with an escape", br#"{"method_name":"add","method_args":[1,2],"method_kwargs":{"c":1,"\u0063":1}}"#.to_vec(), fault(-32602, "argument `c` of `add` is given twice, by name both times")),
        ("an unknown member twice", br#"{"x":1,"x":2,"method_name":"nothing"}"#.to_vec(), result("null")),
        ("a member of a value twice", same(r#"{"x":1,"x":2}"#), result(r#"{"x":2}"#)),

        // Ids.
        ("a whole number of any size", id("1180591620717411303424"), r#"{"res":null,"id":1180591620717411303424}"#.to_owned()),
        ("a negative number", id("-1"), r#"{"res":null,"id":-1}"#.to_owned()),
        ("-0", id("-0"), r#"{"res":null,"id":-0}"#.to_owned()),
        ("a text, escapes and all", id(r#""\u0061\/""#), r#"{"res":null,"id":"\u0061\/"}"#.to_owned()),
        ("null", id("null"), r#"{"res":null,"id":null}"#.to_owned()),
        ("1.0", id("1.0"), r#"{"res":null,"id":1.0}"#.to_owned()),
        ("1e0", id("1e0"), r#"{"res":null,"id":1e0}"#.to_owned()),
        ("a fraction", id("-2.50e-1"), r#"{"res":null,"id":-2.50e-1}"#.to_owned()),
        ("a JSON-RPC id of 1e2", br#"{"jsonrpc":"2.0","method":"nothing","id":1e2}"#.to_vec(), r#"{"jsonrpc":"2.0","result":null,"id":1e2}"#.to_owned()),
        ("a JSON-RPC id of 1.0 in front", br#"{"jsonrpc":"2.0","id":1.0,"method":"no_such"}"#.to_vec(), r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found","data":"no function `no_such` is served here"},"id":1.0}"#.to_owned()),
        ("fractions in a batch", br#"[{"jsonrpc":"2.0","method":"nothing","id":1.5},{"jsonrpc":"2.0","method":"nothing","id":1.50}]"#.to_vec(), r#"[{"jsonrpc":"2.0","result":null,"id":1.5},{"jsonrpc":"2.0","result":null,"id":1.50}]"#.to_owned()),
        ("true", id("true"), fault(-32600, "member `id` must be a string, a number or null")),
        ("an array", id("[1]"), fault(-32600, "member `id` must be a string, a number or null")),
        ("an object", id("{}"), fault(-32600, "member `id` must be a string, a number or null")),

        // What only some parsers take.
        ("a comma too many", add("2,"), syntax("a value at byte 40")),
        ("a comment", add("2/*two*/"), syntax("`,` or `]` at byte 39")),
        ("single quotes", b"{'method_name':'add'}".to_vec(), syntax("a member name in quotes at byte 1")),
        ("a name without quotes", b"{method_name:1}".to_vec(), syntax("a member name in quotes at byte 1")),
        ("a form feed as white space", b"{\x0c}".to_vec(), syntax("a member name in quotes at byte 1")),
        ("nothing", b"".to_vec(), syntax("a value at byte 0")),
        ("white space", b" \n".to_vec(), syntax("a value at byte 2")),
        ("a number", b"5".to_vec(), fault(-32600, "a call is a JSON object")),
        ("an array of calls", [b"[", &id("1")[..], b"]"].concat(), r#"[{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"a batch has calls of JSON-RPC 2.0 alone, with `jsonrpc` and `method`"},"id":1}]"#.to_owned()),
    ];

    for model in Model::ALL {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        for (what, message, reply) in &table {
            peer.write(&tests::frame(Framing::LengthPrefix, message));
            assert_eq!(peer.receive().as_ref(), Some(reply), "{what}");
            assert_eq!(peer.ask(r#"{"method_name":"nothing"}"#), r#"{"res":null}"#, "{what}");
        }
    }
}
