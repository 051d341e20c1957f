//! Our clients speak XML-RPC to Python's own server and to ours.

#![allow(clippy::unwrap_used)]

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::error::Misuse;
use rpc_core::protocol::{ProtocolError, code};
use rpc_core::types::{Bytes, DateTime};
use rpc_core::{
    AsyncRpcClient, CallError, Error, RpcClient, RpcServer, Stub, args, call, rpc_export,
};
use serde_json::{Value, json};
use tests::{Model, Running, divide, python, refuse, run, same, weigh};

/// The next day of a month that has one.
#[rpc_export]
fn next_day(date: DateTime) -> DateTime {
    let time = (date.hour(), date.minute(), date.second());
    DateTime::new((date.year(), date.month(), date.day() + 1), time).unwrap()
}

/// The bytes, the last one first.
#[rpc_export]
fn reverse(data: &[u8]) -> Bytes<'static> {
    data.iter().rev().copied().collect::<Vec<_>>().into()
}

fn client(url: &str) -> RpcClient {
    RpcClient::builder().dialect(Dialect::XmlRpc).connect(url).unwrap()
}

fn python_server() -> Option<(Running, String)> {
    let mut running = Running::start(&mut python("simple_xmlrpc_server.py")?);
    let url = format!("http://127.0.0.1:{}/RPC2", running.line());
    Some((running, url))
}

/// What every server of XML-RPC must do with the same functions.
fn converse(client: &RpcClient) {
    assert_eq!(call!(client.add(1, 2, 3)).unwrap(), 6);
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    let values = json!([
        0, -1, 2_147_483_647, true, false, 1.5, -1e300, "", " a <b> & \"c\" ]]>\n\té😀", [], {},
        [1, ["a", { "b": [true] }]], { "b": 1, "a": { "": "x" } }, null
    ]);
    for value in values.as_array().unwrap() {
        assert_eq!(call!(client.same(value.clone())).unwrap(), *value);
    }
    assert_eq!(call!(client.same(values.clone())).unwrap(), values);
    let text = "é<&>".repeat(100_000);
    assert_eq!(call!(client.same(Value::from(text.clone()))).unwrap(), text);
    assert_eq!(&*call!(client.reverse(&[0, 1, 255])).unwrap(), [255, 1, 0]);
    let date: DateTime = "20240228T23:59:59".parse().unwrap();
    assert_eq!(call!(client.next_day(date)).unwrap().to_string(), "20240229T23:59:59");

    match call!(client.refuse(402, "no <money>", None)) {
        Err(CallError::Rpc(Error::Fault(fault)) | CallError::Function(fault)) => {
            assert_eq!((fault.code(), fault.message()), (402, "no <money>"));
        }
        other => panic!("{other:?}"),
    }
    let methods: Vec<String> = client.call("system.listMethods", args![], ()).unwrap();
    assert!(methods.contains(&"add".to_owned()), "{methods:?}");
    let calls = json!([{ "methodName": "add", "params": [1, 2] }]);
    let results: Value = client.call("system.multicall", args![calls], ()).unwrap();
    assert_eq!(results, json!([[13]]));
}

#[test]
fn pythons_server_is_called_through_typed_proxies_and_by_name() {
    let Some((_running, url)) = python_server() else { return };
    let client = client(&url);
    converse(&client);
    let weighed: i64 = client.call("math.weigh", args![1, 2], ()).unwrap();
    assert_eq!(weighed, 13);
    // It would take keywords for an argument.
    let unsent = call!(client.weigh(1, c = 3)).unwrap_err();
    assert!(matches!(unsent, Error::Misuse(Misuse::Argument(_))), "{unsent:?}");
    let unsent = unsent.to_string();
    assert!(unsent.contains("`b` is left out before `c`; give `b` too"), "{unsent}");
    assert!(unsent.contains("asking the server for its parameters"), "{unsent}");
    let nothing: () = client.call("nothing", args![], ()).unwrap();
    assert_eq!(nothing, ());
    let Err(Error::Fault(fault)) = client.call::<()>("fail", args![], ()) else { panic!() };
    assert!(fault.message().contains("no such luck"), "{fault}");
    let Err(Error::Fault(fault)) = client.call::<()>("missing", args![], ()) else { panic!() };
    assert!(fault.message().contains("missing"), "{fault}");
    run(async {
        let client =
            AsyncRpcClient::builder().dialect(Dialect::XmlRpc).connect_async(&url).await.unwrap();
        assert_eq!(call!(client.add(1, 2, 3)).await.unwrap(), 6);
        let unsent = call!(client.weigh(1, c = 3)).await.unwrap_err().to_string();
        assert!(unsent.contains("`b` is left out before `c`; give `b` too"), "{unsent}");
    });
}

#[test]
fn our_server_is_called_in_every_model() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let client = client(&format!("http://{}", server.address()));
        converse(&client);
        // Python's server sends no such integers, and such ends of lines so that XML changes them.
        for value in [json!(1_i64 << 40), json!("a\r\nb\r")] {
            assert_eq!(call!(client.same(value.clone())).unwrap(), value);
        }
        assert_eq!(client.call::<()>("nothing", args![], ()).unwrap(), ());
        let Err(Error::Fault(fault)) = client.call::<i64>("ad", args![1], ()) else { panic!() };
        assert_eq!(fault.code(), code::METHOD_NOT_FOUND);
        assert!(fault.message().contains("did you mean `add`?"), "{fault}");
        let Err(Error::Fault(fault)) = call!(client.divide(0.0, 0.0)) else { panic!() };
        assert_eq!(fault.code(), code::INTERNAL_ERROR);
    });
}

#[test]
fn what_xml_cannot_carry_is_not_sent() {
    let server = RpcServer::exported().start("127.0.0.1:0").unwrap();
    let client = client(&format!("http://{}", server.address()));
    for (value, said) in [
        (json!("\u{0}"), "XML has no character U+0000"),
        (json!({ "\u{ffff}": 1 }), "XML has no character U+FFFF"),
        (json!([u64::MAX]), "does not fit the 64 bits"),
    ] {
        let error = call!(client.same(value)).unwrap_err();
        assert!(matches!(error, Error::Misuse(Misuse::Argument(_))), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(call!(client.same(json!(1))).unwrap(), 1);
}

#[test]
fn a_reply_that_is_no_xml_rpc_is_said_to_be_none() {
    let Some((_running, url)) = python_server() else { return };
    let astray = client(&url.replace("/RPC2", "/elsewhere"));
    let error = astray.call::<i64>("add", args![1, 2], ()).unwrap_err();
    assert!(
        matches!(&error, Error::Protocol(error) if matches!(error.cause(), ProtocolError::Http { status: 404, .. })),
        "{error:?}"
    );
}
