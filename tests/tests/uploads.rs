//! An upload over the limit is refused by its client before it is encoded, and the connection stays usable.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::error::Misuse;
use rpc_core::protocol::Limits;
use rpc_core::types::Bytes;
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub, args, call, kwargs, rpc_export};
use serde::{Deserialize, Serialize};
use tests::{Counting, Model, largest_allocation, run};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LIMIT: usize = 1_000_000;
const UPLOAD: usize = 5_000_000;

#[derive(Serialize, Deserialize)]
struct File {
    name: String,
    parts: Vec<Bytes<'static>>,
}

#[rpc_export]
fn put(name: &str, data: &[u8]) -> usize {
    name.len() + data.len()
}

#[rpc_export]
fn put_owned(data: Vec<u8>) -> usize {
    data.len()
}

#[rpc_export]
fn put_more(name: &str, data: Option<&[u8]>) -> usize {
    name.len() + data.map_or(0, <[u8]>::len)
}

#[rpc_export]
fn put_file(file: File) -> usize {
    file.parts.iter().map(|part| part.len()).sum::<usize>() + file.name.len()
}

#[rpc_export]
fn put_all(#[args] files: Vec<File>, #[kwargs] texts: HashMap<String, String>) -> usize {
    files.len() + texts.len()
}

fn file(data: &[u8]) -> File {
    File { name: "x".to_owned(), parts: vec![Bytes::from(data.to_vec())] }
}

/// Checks that a refusal says all there is to say, and that nothing was encoded for it.
fn refused(function: &str, refusal: &Error) {
    let largest = largest_allocation();
    assert!(largest < LIMIT, "{function}: {largest}");
    let Error::Misuse(Misuse::CallTooLarge { method, size, limit: LIMIT }) = refusal else {
        panic!("{function}: {refusal:?}");
    };
    assert_eq!(method, function);
    assert!((UPLOAD..UPLOAD * 4 / 3 + 100).contains(size), "{function}: {size}");
    assert!(!refusal.may_have_run());
    let said = refusal.to_string();
    for part in [&format!("`{function}`"), &size.to_string(), &LIMIT.to_string()] {
        assert!(said.contains(part), "{said}");
    }
}

fn builders() -> Vec<(ClientBuilder, &'static str)> {
    let limits = Limits { max_message_bytes: LIMIT, ..Limits::default() };
    let of = |dialect| RpcClient::builder().dialect(dialect).limits(limits);
    vec![
        (of(Dialect::Native), ""),
        (of(Dialect::JsonRpc), ""),
        (of(Dialect::JsonRpc), "http://"),
        (of(Dialect::Native), "ws://"),
        (of(Dialect::XmlRpc), "http://"),
    ]
}

macro_rules! all_ways {
    ($client:ident, $data:ident, $text:ident $(, $wait:tt)*) => {
        refused("put", &call!($client.put("x", &$data))$(.$wait)*.unwrap_err());
        refused("put_more", &call!($client.put_more("x", data = &$data[..]))$(.$wait)*.unwrap_err());
        let owned = $data.clone();
        largest_allocation();
        refused("put_owned", &call!($client.put_owned(owned))$(.$wait)*.unwrap_err());
        let owned = file(&$data);
        largest_allocation();
        refused("put_file", &call!($client.put_file(owned))$(.$wait)*.unwrap_err());
        let owned = [file(&$data)];
        largest_allocation();
        refused("put_all", &call!($client.put_all(files = owned))$(.$wait)*.unwrap_err());
        let texts = kwargs! { a: &$text };
        refused("put_all", &call!($client.put_all(texts = texts))$(.$wait)*.unwrap_err());
        let refusal = $client.call::<usize>("put", args!["x", &$text], ())$(.$wait)*.unwrap_err();
        refused("put", &refusal);
        let data = kwargs! { name: "x", data: &$text };
        refused("put", &$client.call::<usize>("put", (), data)$(.$wait)*.unwrap_err());
        assert_eq!(call!($client.put("x", &$data[..100_000]))$(.$wait)*.unwrap(), 100_001);
        largest_allocation();
    };
}

#[test]
fn a_blocking_client_refuses_an_upload_before_it_is_encoded() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let (data, text) = (vec![7; UPLOAD], "x".repeat(UPLOAD));
    largest_allocation();
    for (builder, scheme) in builders() {
        let client = builder.connect(format!("{scheme}{}", server.address())).unwrap();
        all_ways!(client, data, text);
        let refusal = client.put("x", &data).start().map(|_| ()).unwrap_err();
        refused("put", &refusal);
        if !scheme.starts_with("http") {
            refused("put", &client.put("x", &data).notify().unwrap_err());
        }
        assert_eq!(call!(client.put("x", b"y")).unwrap(), 2);
    }
}

#[test]
fn an_asynchronous_client_refuses_an_upload_before_it_is_encoded() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let (data, text) = (vec![7; UPLOAD], "x".repeat(UPLOAD));
    run(async {
        largest_allocation();
        for (builder, scheme) in builders() {
            let url = format!("{scheme}{}", server.address());
            let client: AsyncRpcClient = builder.connect_async(url).await.unwrap();
            all_ways!(client, data, text, await);
        }
    });
}

#[test]
fn a_batch_with_such_an_upload_is_refused() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let data = vec![7; UPLOAD];
    for (builder, scheme) in builders() {
        let client = builder.connect(format!("{scheme}{}", server.address())).unwrap();
        largest_allocation();
        let batch =
            client.batch(|calls| (call!(calls.put("x", b"1")), call!(calls.put("x", &data))));
        refused("put", &batch.map(|_| ()).unwrap_err());
        assert_eq!(call!(client.put("x", b"y")).unwrap(), 2);
    }
}
