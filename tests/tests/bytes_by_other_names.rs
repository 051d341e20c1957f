//! Bytes are base64 both ways also where a function owns them otherwise, or where an alias is around them.

#![allow(clippy::unnecessary_wraps, clippy::unwrap_used, missing_docs)]

use std::borrow::Cow;

use rpc_core::{FunctionRegistry, Stub, args, call, rpc_export};
use serde_json::{Value, json};
use tests::both_ways;

type ApiResult<T> = Result<T, String>;

#[rpc_export]
fn boxed(data: Box<[u8]>) -> Box<[u8]> {
    data
}

#[rpc_export]
fn shared(data: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    data
}

#[rpc_export]
fn perhaps(data: Option<Box<[u8]>>) -> Result<Option<Box<[u8]>>, String> {
    Ok(data)
}

#[rpc_export]
fn aliased(data: &[u8]) -> ApiResult<Vec<u8>> {
    Ok(data.to_vec())
}

#[rpc_export]
async fn aliased_later(data: Vec<u8>) -> ApiResult<Option<Box<[u8]>>> {
    Ok(Some(std::future::ready(data).await.into()))
}

#[rpc_export]
fn aliased_in_an_option(data: Vec<u8>) -> Option<ApiResult<Vec<u8>>> {
    Some(Ok(data))
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.register("closure", |data: Vec<u8>| Ok::<_, String>(data)).unwrap();
    registry.register("closure_boxed", |data: Box<[u8]>| data).unwrap();
    let perhaps = |data: Option<Vec<u8>>| Ok::<_, String>(data);
    registry.register("closure_perhaps", perhaps).unwrap();
    registry
}

#[test]
fn they_are_base64_both_ways_and_described_so() {
    both_ways!(registry(), |client| {
        for (function, is_described) in [
            ("boxed", true),
            ("shared", true),
            ("perhaps", true),
            ("aliased", false),
            ("aliased_later", false),
            ("aliased_in_an_option", false),
            ("closure", true),
            ("closure_boxed", true),
            ("closure_perhaps", true),
        ] {
            for data in [json!("AP8="), json!([0, 255])] {
                let sent: Value = client.call(function, args![data], ()).unwrap();
                assert_eq!(sent, json!("AP8="), "{function}");
            }
            if is_described {
                let types: Value =
                    client.call("system.methodSignature", args![function], ()).unwrap();
                let whole = &types[types.as_array().unwrap().len() - 1];
                assert_eq!(whole, &json!(["base64", "base64"]), "{function}");
            }
        }
    });
}

#[test]
fn typed_calls_carry_them() {
    both_ways!(registry(), |client| {
        let data = vec![0, 255];
        assert_eq!(*call!(client.boxed(data.clone().into())).unwrap(), data);
        assert_eq!(*call!(client.shared(Cow::Borrowed(&data))).unwrap(), data);
        let perhaps = call!(client.perhaps(data = Box::from([0, 255]))).unwrap();
        assert_eq!(*perhaps.unwrap(), data);
        assert_eq!(call!(client.aliased(&data)).unwrap(), data);
        assert_eq!(*call!(client.aliased_later(data.clone())).unwrap().unwrap(), data);
        assert_eq!(call!(client.aliased_in_an_option(data.clone())).unwrap().unwrap(), data);
    });
}
