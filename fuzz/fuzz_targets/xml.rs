//! Whatever XML a client sends, it is answered in XML-RPC, and a value that comes back is the one that
//! was sent.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use rpc_core::layer::{Answer, Answered, Session};
use rpc_core::protocol::Limits;
use rpc_core::server::XmlRpcOptions;
use rpc_core::{CallContext, FunctionRegistry, JsonRpc};
use rpc_core_fuzz::registry;

const LIMIT: usize = 1 << 16;

fuzz_target!(|input: &[u8]| {
    let Some((&options, bytes)) = input.split_first() else { return };
    let charset = [None, Some("utf-8"), Some("iso-8859-1"), Some("us-ascii")];
    let charset = charset[usize::from(options & 3)];
    let _ = answer(bytes, charset);

    let message = [HEAD.as_bytes(), bytes, TAIL.as_bytes()].concat();
    let reply = answer(&message, charset);
    let Some(value) = value_in(&reply) else { return };
    // What it says once it says again.
    let again = answer(format!("{HEAD}{value}{TAIL}").as_bytes(), None);
    assert_eq!(value_in(&again), Some(value), "{again}");
});

const HEAD: &str = "<methodCall><methodName>same</methodName><params><param>";
const TAIL: &str = "</param></params></methodCall>";

/// The one value of a reply that is no fault.
fn value_in(reply: &str) -> Option<&str> {
    let (_, rest) = reply.split_once("<params><param>")?;
    rest.split_once("</param></params>").map(|(value, _)| value)
}

fn answer(message: &[u8], charset: Option<&str>) -> String {
    static LAYER: OnceLock<JsonRpc<FunctionRegistry>> = OnceLock::new();
    let layer = LAYER.get_or_init(|| {
        let options = XmlRpcOptions { extensions: true, ..XmlRpcOptions::default() };
        JsonRpc::new(registry()).xml_rpc(options)
    });
    let limits = Limits { max_message_bytes: LIMIT, ..Limits::default() };
    let mut session = Session::new(CallContext::default(), limits).in_xml_rpc(charset);
    let mut reply = Vec::new();
    let answered = layer.answer(message, &mut session, &mut reply);
    assert!(
        matches!(answered, Answered::Reply | Answered::Broken | Answered::Last),
        "{answered:?}"
    );
    let reply = String::from_utf8(reply).expect("replies are UTF-8");
    assert!(reply.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse"));
    assert!(reply.ends_with("</methodResponse>\n"), "{reply}");
    assert!(reply.contains("<params><param>") != reply.contains("<fault>"), "{reply}");
    reply
}
