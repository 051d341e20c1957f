//! Both clients call servers that others wrote, and our own by HTTP as if somebody else had.

#![allow(clippy::unwrap_used)]

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::types::Bytes;
use rpc_core::{AsyncRpcClient, RpcClient, Stub, args, call, kwargs};
use serde_json::{Value, json};
use tests::{Running, Served, python, run};

#[test]
fn pythons_own_xml_rpc_server_is_called() {
    let Some(mut command) = python("xmlrpc_server.py") else { return };
    let mut server = Running::start(&mut command);
    let url = format!("http://127.0.0.1:{}/RPC2", server.line());
    let builder = RpcClient::builder().dialect(Dialect::XmlRpc);
    let client = builder.connect(&url).unwrap();
    // The stub knows where `c` stands.
    assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    assert_eq!(client.call::<i64>("pow", args![2, 10], kwargs! {}).unwrap(), 1024);
    let names: Vec<String> = client.call("system.listMethods", (), ()).unwrap();
    assert!(names.contains(&"add".to_owned()), "{names:?}");

    let values: (i32, f64, bool, String, Value, Bytes, String) =
        client.call("values", (), ()).unwrap();
    assert_eq!(values.0, 1);
    assert!((values.1 + 2.5).abs() < f64::EPSILON && values.2);
    assert_eq!((values.3.as_str(), values.4), ("Grüß <&> 🦀", json!({"a": [null]})));
    assert_eq!((&*values.5, values.6.as_str()), (&[0, 1][..], "20260102T03:04:05"));

    let error = client.call::<Value>("fail", args![7, "no luck"], kwargs! {}).unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!((fault.code(), fault.message()), (7, "no luck"));
    let error = client.call::<i64>("add", args![1], kwargs! { c: 3 }).unwrap_err().to_string();
    assert!(error.contains("use the function's typed stub"), "{error}");

    // It serves one connection after another.
    let squares = client.batch(|calls| {
        (0..30).map(|n| calls.call::<i64>("pow", args![n, 2], kwargs! {})).collect::<Vec<_>>()
    });
    assert_eq!(squares.unwrap(), (0..30).map(|n| n * n).collect::<Vec<_>>());
    run(async {
        let client = builder.connect_async(&url).await.unwrap();
        assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
        let calls: Vec<_> = (0..30)
            .map(|n| tokio::spawn(client.call::<i64>("pow", args![n, 2], kwargs! {})))
            .collect();
        for (n, call) in (0..30).zip(calls) {
            assert_eq!(call.await.unwrap().unwrap(), n * n);
        }
    });
}

#[test]
fn every_model_is_called_by_http_in_every_dialect() {
    let program = env!("CARGO_BIN_EXE_model_server");
    for model in ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"] {
        let server = Served::start(program, &format!("--model {model}"));
        let url = format!("http://{}/", server.address());
        for dialect in [Dialect::JsonRpc, Dialect::Native, Dialect::Ping, Dialect::XmlRpc] {
            let builder = RpcClient::builder().dialect(dialect).connections(1);
            let client = builder.connect(&url).unwrap();
            for n in 0..3 {
                assert_eq!(call!(client.add(n, 2, c = 3)).unwrap(), n + 5, "{model}, {dialect:?}");
            }
            let error = client.call::<i64>("ad", args![1, 2], kwargs! {}).unwrap_err();
            assert!(error.to_string().contains("did you mean `add`?"), "{model}: {error}");
            client.add(1, 2).notify().unwrap();
            let sums = client.batch(|calls| (calls.add(1, 2).call(), calls.add(3, 4).call()));
            assert_eq!(sums.unwrap(), (13, 17), "{model}, {dialect:?}");
            drop(client);
            run(async {
                let client = builder.connect_async(&url).await.unwrap();
                assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6, "{model}");
                client.add(1, 2).notify().await.unwrap();
                let calls = (client.add(1, 2).start().unwrap(), client.add(3, 4).start().unwrap());
                assert_eq!(calls.1.await.unwrap() + calls.0.await.unwrap(), 30);
            });
        }
    }
}

#[test]
fn bytes_go_both_ways_by_xml() {
    let program = env!("CARGO_BIN_EXE_model_server");
    let server = Served::start(program, "--model threads");
    let builder = RpcClient::builder().dialect(Dialect::XmlRpc);
    let client = builder.connect(format!("http://{}/", server.address())).unwrap();
    let value = json!(["text", 1, 2.5, true, {"a": {"b": []}}]);
    assert_eq!(client.call::<Value>("same", args![&value], kwargs! {}).unwrap(), value);
    let bytes = Bytes::from(vec![0, 1, 255]);
    assert_eq!(client.call::<Bytes>("same", args![&bytes], kwargs! {}).unwrap(), bytes);
    run(async {
        let client = AsyncRpcClient::builder().dialect(Dialect::XmlRpc);
        let client = client.connect_async(format!("http://{}/", server.address())).await.unwrap();
        assert_eq!(client.call::<Bytes>("same", args![&bytes], ()).await.unwrap(), bytes);
    });
}
