//! Calls as XML in, replies as XML out, with no server in between.

use std::collections::HashMap;
use std::future::ready;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::super::{Answer, Answered, JsonRpc, Session};
use crate::dialect::xml_rpc::XmlRpcOptions;
use crate::protocol::{Fault, Limits};
use crate::pump::block_on;
use crate::types::{Bytes, DateTime};
use crate::{CallContext, FunctionRegistry, rpc_export};

#[derive(Serialize, Deserialize)]
struct Document {
    at: DateTime,
    parts: Vec<Option<Bytes<'static>>>,
    by_key: HashMap<Bytes<'static>, DateTime>,
}

fn document(at: DateTime) -> Document {
    let bytes = |text: &str| Bytes::from(text.as_bytes().to_vec());
    let by_key = HashMap::from([(bytes("k"), at)]);
    Document { at, parts: vec![Some(bytes("you can")), Some(bytes(""))], by_key }
}

#[rpc_export(name = "xml.document")]
fn plain(at: DateTime) -> Document {
    document(at)
}

#[rpc_export(name = "xml.async_document")]
async fn later(at: DateTime) -> Document {
    document(ready(at).await)
}

#[rpc_export(name = "xml.fallible")]
async fn fallible(data: Bytes<'static>) -> Result<Bytes<'static>, String> {
    if ready(data.is_empty()).await { Err("no data".to_owned()) } else { Ok(data) }
}

#[rpc_export(name = "xml.nothing")]
fn nothing() {}

#[rpc_export(name = "xml.none")]
fn none() -> Option<i64> {
    None
}

#[rpc_export(name = "xml.big")]
fn big() -> i64 {
    1 << 40
}

#[rpc_export(name = "xml.protocol")]
fn protocol(context: &CallContext) -> &'static str {
    context.protocol()
}

#[rpc_export(name = "xml.length")]
fn length(text: &str) -> usize {
    text.len()
}

#[rpc_export(name = "xml.add")]
fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

fn ask(layer: &JsonRpc<FunctionRegistry>, message: &str) -> (String, bool) {
    let mut session = Session::new(CallContext::default(), Limits::default());
    session.speak_xml(None);
    let mut out = Vec::new();
    let answered = layer.answer(message.as_bytes(), &mut session, &mut out);
    let lives = !matches!(answered, Answered::Last);
    match answered {
        Answered::Later(rest) => out = block_on(rest.reply()),
        Answered::Reply | Answered::Last => {}
        _ => panic!("{message} has no reply"),
    }
    (String::from_utf8(out).unwrap(), lives)
}

fn call(method: &str, params: &[&str]) -> String {
    let params = params.iter().map(|value| format!("<param><value>{value}</value></param>"));
    let params = params.collect::<Vec<_>>().concat();
    format!(
        "<methodCall><methodName>xml.{method}</methodName><params>{params}</params></methodCall>"
    )
}

fn value(method: &str, params: &[&str]) -> String {
    let (reply, _) = ask(&JsonRpc::new(FunctionRegistry::exported()), &call(method, params));
    let (_, value) = reply.split_once("<value>").unwrap();
    value.rsplit_once("</value>").unwrap().0.to_owned()
}

const AT: &str = "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>";

#[test]
fn bytes_and_dates_keep_their_types_wherever_they_stand() {
    for method in ["document", "async_document"] {
        let document = value(method, &[AT]);
        assert_eq!(document.matches(AT).count(), 2, "{document}");
        assert!(document.contains("<name>aw==</name>"), "{document}");
        assert!(document.contains("<base64>eW91IGNhbg==</base64>"), "{document}");
        assert!(document.contains("<base64></base64>"), "{document}");
        assert!(!document.contains("<string>"), "{document}");
    }
    let data = "<base64>eW91IGNhbg==</base64>";
    assert_eq!(value("fallible", &[data]), data);
    assert!(value("fallible", &["<base64></base64>"]).contains("no data"));
}

#[test]
fn in_json_bytes_and_dates_are_strings_and_no_more() {
    let layer = JsonRpc::new(FunctionRegistry::exported());
    for method in ["xml.document", "xml.async_document"] {
        let message =
            format!(r#"{{"method_name":"{method}","method_args":["19980717T14:08:55"]}}"#);
        let mut out = Vec::new();
        if let Answered::Later(later) =
            layer.answer(message.as_bytes(), &mut Session::default(), &mut out)
        {
            out = block_on(later.reply());
        }
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"res":{"at":"19980717T14:08:55","parts":["eW91IGNhbg==",""],"by_key":{"aw==":"19980717T14:08:55"}}}"#
        );
    }
}

#[test]
fn what_the_specification_has_not_goes_to_those_who_know_it() {
    let layer = JsonRpc::new(FunctionRegistry::exported());
    assert_eq!(value("nothing", &[]), "<string></string>");
    assert_eq!(value("none", &[]), "<string></string>");
    assert_eq!(value("big", &[]), "<i8>1099511627776</i8>");
    let told = layer.xml_rpc(XmlRpcOptions { extensions: true, ..XmlRpcOptions::default() });
    for (method, value) in [
        ("nothing", "<nil/>"),
        ("none", "<nil/>"),
        ("big", "<i8>1099511627776</i8>"),
        ("add", "<int>-32602</int>"),
    ] {
        let (reply, _) = ask(&told, &call(method, &[]));
        assert!(reply.contains(value), "{reply}");
    }
}

#[test]
fn faults_say_what_is_wrong_and_whether_the_connection_lives() {
    let layer = JsonRpc::new(FunctionRegistry::exported());
    for (message, code, said, lives) in [
        (call("ad", &[]), -32601, "did you mean `xml.add`?", true),
        (call("add", &["<int>1</int>"]), -32602, "missing argument `b`", true),
        (call("add", &["x", "y"]), -32602, "the string \"x\"", true),
        ("<methodCall/>".to_owned(), -32600, "`methodName` is missing", true),
        ("<methodCall>".to_owned(), -32700, "the text ends", false),
        ("<?xml version='1.0' encoding='x'?><a/>".to_owned(), -32701, "UTF-8", false),
    ] {
        let (reply, lived) = ask(&layer, &message);
        let code = format!("<name>faultCode</name><value><int>{code}</int></value>");
        assert!(reply.contains(&code) && reply.contains(said), "{message}: {reply}");
        assert_eq!(lived, lives, "{message}");
    }
}

#[test]
fn a_struct_at_the_end_is_the_keywords_where_the_server_was_told_so() {
    let member = |n| format!("<member><name>{n}</name><value><int>3</int></value></member>");
    let keywords = format!("<struct>{}{}</struct>", member("c"), member("b"));
    let message = call("add", &["<int>1</int>", &keywords]);
    let layer = JsonRpc::new(FunctionRegistry::exported());
    assert!(ask(&layer, &message).0.contains("an object came"));
    let options = XmlRpcOptions { trailing_struct_as_keywords: true, ..XmlRpcOptions::default() };
    assert!(ask(&layer.xml_rpc(options), &message).0.contains("<int>7</int>"));
}

#[test]
fn functions_are_told_the_protocol_and_faults_are_said_in_it() {
    assert_eq!(value("protocol", &[]), "<string>xml-rpc</string>");
    let mut session = Session::default();
    session.speak_xml(None);
    let mut out = Vec::new();
    let fault = Fault::new(i64::MAX, "a < b\u{0}");
    JsonRpc::new(FunctionRegistry::new()).refuse(b"", &fault, &mut session, &mut out);
    let reply = String::from_utf8(out).unwrap();
    assert!(reply.contains("<int>2147483647</int>"), "{reply}");
    assert!(reply.contains("<string>a &lt; b\u{fffd}</string>"), "{reply}");
}

#[test]
fn messages_made_to_do_harm_are_refused_at_once() {
    const MANY: usize = 1_000_000;
    let layer = JsonRpc::new(FunctionRegistry::exported());
    let call_with = |value: &str| {
        format!(
            "<methodCall><methodName>f</methodName><params><param>{value}</param></params></methodCall>"
        )
    };
    let attributes = (0..MANY / 4).map(|n| format!(" a{n}='{n}'")).collect::<Vec<_>>().concat();
    let entities = (0..50_000).map(|n| format!("<!ENTITY e{n} \"&e{};\">", n + 1));
    let entities = entities.collect::<Vec<_>>().concat();
    let bombs = [
        format!("<methodCall{attributes}>"),
        format!("<methodCall {}>", "a".repeat(MANY)),
        format!("<{}>", "a".repeat(MANY)),
        format!("<!DOCTYPE a [{entities}]><methodCall/>"),
        format!("<!DOCTYPE a {}", "[<!".repeat(MANY)),
        format!("<!DOCTYPE {}", "<".repeat(MANY)),
        call_with(&"<value><array><data>".repeat(MANY / 10)),
        call_with(&"<value><struct><member><name>a</name>".repeat(MANY / 10)),
        call_with(&"<value>".repeat(MANY)),
        "<a>".repeat(MANY),
        call_with(&format!("<value>{}", "&".repeat(MANY))),
        call_with(&format!("<value>{}", "<!--".repeat(MANY))),
        call_with(&format!("<value>{}", "<![CDATA[".repeat(MANY))),
        call_with(&format!("<value>{}", "<?".repeat(MANY))),
        call_with(&format!("<value>{}", "<!".repeat(MANY))),
        call_with(&format!("<value><int>{}</int></value>", "9".repeat(MANY))),
        call_with(&format!("<value><double>{}x</double></value>", "9".repeat(MANY))),
    ];
    for bomb in bombs {
        let began = Instant::now();
        let (reply, _) = ask(&layer, &bomb);
        let took = began.elapsed();
        let start = &bomb[..bomb.len().min(120)];
        let code = |code| reply.contains(&format!("<int>{code}</int>"));
        assert!(code(-32700) || code(-32600) || code(-32004), "{start}: {reply}");
        assert!(reply.len() < 1000, "{start}: {reply}");
        assert!(took < Duration::from_secs(2), "{start}: {took:?}");
    }
    // What is merely large is read, in time that grows with its size and no faster.
    for large in ["&#65;", "<!---->x", "<![CDATA[x]]>", "x"] {
        let began = Instant::now();
        let (reply, _) = ask(&layer, &call("length", &[&large.repeat(MANY / 4)]));
        assert!(reply.contains("<int>250000</int>"), "{large}: {reply}");
        assert!(began.elapsed() < Duration::from_secs(10), "{large}: {:?}", began.elapsed());
    }
}
