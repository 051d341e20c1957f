//! Bytes travel alike, as base64 both ways, however a function writes them; lists of numbers are understood.

#![allow(clippy::unwrap_used, unreachable_pub)]

use rpc_core::client::{AnyClient, Dialect, Prepare};
use rpc_core::types::Bytes;
use rpc_core::{
    CallError, FunctionRegistry, RpcClient, RpcServer, State, Stub, args, call, kwargs, rpc_export,
};
use serde_json::{Value, json};
use tests::{HttpPeer, both_ways, run};

#[rpc_export]
fn lent(data: &[u8]) -> Vec<u8> {
    data.to_vec()
}

#[rpc_export]
fn owned(data: Vec<u8>) -> Vec<u8> {
    data
}

#[rpc_export]
fn named(data: Bytes<'static>) -> Bytes<'static> {
    data
}

#[rpc_export]
async fn later(data: Vec<u8>) -> Result<Vec<u8>, String> {
    if data.is_empty() { Err("no data".to_owned()) } else { Ok(std::future::ready(data).await) }
}

#[rpc_export]
fn perhaps(data: Option<Vec<u8>>) -> Option<Vec<u8>> {
    data
}

#[rpc_export]
fn perhaps_lent(#[default(Some(b"abc"))] data: Option<&[u8]>) -> Result<Option<Vec<u8>>, String> {
    match data {
        Some(b"refused") => Err("refused".to_owned()),
        data => Ok(data.map(<[u8]>::to_vec)),
    }
}

#[rpc_export]
fn with_default(#[default(vec![1, 2])] data: Vec<u8>) -> Vec<u8> {
    data
}

#[rpc_export]
fn borrowed(data: &[u8]) -> &[u8] {
    &data[..data.len() / 2]
}

#[rpc_export]
fn lists(numbers: Vec<i64>, texts: Vec<String>, parts: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    assert_eq!(numbers.len(), texts.len());
    parts
}

struct Store(Vec<u8>);

#[rpc_export]
impl Store {
    pub fn all(&self) -> &[u8] {
        &self.0
    }

    pub async fn joined(&self, data: Vec<u8>) -> Vec<u8> {
        std::future::ready([&self.0[..], &data].concat()).await
    }
}

#[rpc_export]
fn of_state(data: State<Vec<u8>>) -> Vec<u8> {
    data.to_vec()
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.register("plain", |data: Vec<u8>| data).unwrap();
    registry.register("plain_option", |data: Option<Vec<u8>>| data).unwrap();
    registry.register_instance_at("store", Store(vec![0, 255])).unwrap();
    registry.share(vec![9_u8]);
    registry
}

#[test]
fn typed_calls_carry_bytes_however_they_are_written() {
    both_ways!(registry(), |client| {
        for data in [&[][..], &[0], &[0, 1, 255], &[7; 10_000]] {
            assert_eq!(call!(client.lent(data)).unwrap(), data);
            assert_eq!(call!(client.owned(data.to_vec())).unwrap(), data);
            assert_eq!(client.owned(data.to_vec()).call().unwrap(), data);
            assert_eq!(&*call!(client.named(Bytes::from(data.to_vec()))).unwrap(), data);
            assert_eq!(call!(client.perhaps(data = data.to_vec())).unwrap().unwrap(), data);
            assert_eq!(call!(client.perhaps_lent(data = data)).unwrap().unwrap(), data);
            assert_eq!(call!(client.with_default(data = data.to_vec())).unwrap(), data);
            assert_eq!(call!(client.borrowed(data)).unwrap(), data[..data.len() / 2]);
            let store = client.at("store");
            assert_eq!(store.joined(data.to_vec()).call().unwrap(), [&[0, 255], data].concat());
        }
        assert_eq!(call!(client.perhaps()).unwrap(), None);
        let refusal = call!(client.perhaps_lent(data = &b"refused"[..])).unwrap_err();
        assert!(matches!(refusal, CallError::Function(said) if said == "refused"));
        assert_eq!(call!(client.perhaps_lent()).unwrap().unwrap(), b"abc");
        assert_eq!(call!(client.with_default()).unwrap(), [1, 2]);
        assert_eq!(call!(client.later(vec![3])).unwrap(), [3]);
        assert!(call!(client.later(vec![])).unwrap_err().to_string().contains("no data"));
        assert_eq!(client.at("store").all().call().unwrap(), [0, 255]);
        assert_eq!(call!(client.of_state()).unwrap(), [9]);
        let parts = vec![vec![1], vec![]];
        assert_eq!(call!(client.lists(vec![1], vec!["x".into()], parts.clone())).unwrap(), parts);
    });
}

#[test]
fn what_travels_is_base64_both_ways_and_lists_are_understood() {
    const FUNCTIONS: [&str; 9] = [
        "lent",
        "owned",
        "named",
        "later",
        "perhaps",
        "perhaps_lent",
        "with_default",
        "plain",
        "plain_option",
    ];
    both_ways!(registry(), |client| {
        for function in FUNCTIONS {
            for data in [json!("AP8="), json!("AP8"), json!([0, 255])] {
                let sent: Value = client.call(function, args![data.clone()], ()).unwrap();
                assert_eq!(sent, json!("AP8="), "{function}({data})");
                let sent: Vec<u8> = client.call(function, args![data], ()).unwrap();
                assert_eq!(sent, [0, 255]);
            }
            if function != "later" {
                for data in [json!(""), json!([])] {
                    let sent: Value = client.call(function, args![data.clone()], ()).unwrap();
                    assert_eq!(sent, json!(""), "{function}({data})");
                    let sent: Vec<u8> = client.call(function, args![data.clone()], ()).unwrap();
                    assert!(sent.is_empty());
                    let sent: Option<Vec<u8>> = client.call(function, args![data], ()).unwrap();
                    assert_eq!(sent, Some(vec![]));
                }
            }
            for data in
                [json!("%"), json!([256]), json!([-1]), json!(["AA=="]), json!({}), json!(1)]
            {
                let refusal = client.call::<Value>(function, args![data.clone()], ()).unwrap_err();
                assert_eq!(refusal.fault().unwrap().code(), -32602, "{function}({data})");
            }
            let refusal = client.call::<Value>(function, args!["a b"], ()).unwrap_err();
            assert!(refusal.to_string().contains("not base64"), "{function}: {refusal}");
        }
        // Only bytes are: a text is no list of anything else.
        for lists in [
            kwargs! { numbers: json!("AAAA"), texts: json!([]), parts: json!([]) },
            kwargs! { numbers: json!([]), texts: json!(""), parts: json!([]) },
            kwargs! { numbers: json!([]), texts: json!([]), parts: json!("") },
        ] {
            let refusal = client.call::<Value>("lists", (), lists).unwrap_err();
            assert!(refusal.to_string().contains("expected a sequence"), "{refusal}");
        }
    });
}

#[test]
fn a_typed_call_sends_base64() {
    let of = |call: &rpc_core::client::OwnedCall| format!("{}{}", call.args(), call.kwargs());
    for (sent, text) in [
        (of(call!(Prepare.owned(vec![0, 255])).unwrap().call()), r#"["AP8="]{}"#),
        (of(call!(Prepare.lent(&[0, 255])).unwrap().call()), r#"["AP8="]{}"#),
        (of(call!(Prepare.perhaps(vec![0, 255])).unwrap().call()), r#"[]{"data":"AP8="}"#),
    ] {
        assert_eq!(sent, text);
    }
}

#[test]
fn xml_rpc_has_a_type_for_them() {
    let server = RpcServer::of(registry()).start("127.0.0.1:0").unwrap();
    let mut peer = HttpPeer::connect(server.address());
    let data = "<base64>AP8=</base64>";
    for function in ["lent", "owned", "named", "later", "perhaps", "with_default", "plain"] {
        let body = format!(
            "<methodCall><methodName>{function}</methodName><params><param><value>{data}</value>\
             </param></params></methodCall>"
        );
        let response = peer.exchange(&HttpPeer::post("Content-Type: text/xml\r\n", &body));
        assert!(response.body.contains(data), "{function}: {}", response.body);
    }
    let url = format!("http://{}", server.address());
    let client = RpcClient::builder().dialect(Dialect::XmlRpc).connect(url).unwrap();
    for data in [vec![], vec![0, 255]] {
        assert_eq!(call!(client.owned(data.clone())).unwrap(), data);
        assert_eq!(call!(client.perhaps(data = data.clone())).unwrap(), Some(data));
    }
    for function in ["owned", "lent", "perhaps", "plain"] {
        let types: Value = client.call("system.methodSignature", args![function], ()).unwrap();
        assert_eq!(types[types.as_array().unwrap().len() - 1], json!(["base64", "base64"]));
    }
}

#[test]
fn they_pass_through_layers_of_a_client() {
    let server = RpcServer::of(registry()).start("127.0.0.1:0").unwrap();
    let client = AnyClient::new(RpcClient::connect(server.address()).unwrap());
    for data in [vec![], vec![0, 255]] {
        assert_eq!(call!(client.owned(data.clone())).unwrap(), data);
        assert_eq!(call!(client.perhaps(data = data.clone())).unwrap(), Some(data));
    }
    run(async {
        let client = rpc_core::AsyncRpcClient::connect(server.address()).await.unwrap();
        assert_eq!(call!(client.owned(vec![0, 255])).await.unwrap(), [0, 255]);
        assert_eq!(call!(client.later(vec![0, 255])).await.unwrap(), [0, 255]);
    });
}
