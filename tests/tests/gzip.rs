//! Requests and replies in gzip: with Python's libraries, curl, and both of our clients.

#![allow(clippy::unwrap_used)]

use rpc_core::protocol::Limits;
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub, args, rpc_export};
use rpc_core::{CallContext, call};
use tests::same;
use tests::{HttpPeer, Model, Running, curl, python, run};

/// What a request says of the codings that its sender reads.
#[rpc_export]
fn accepted(context: &CallContext) -> String {
    context.header("accept-encoding").unwrap_or_default().to_owned()
}

#[test]
fn pythons_libraries_send_and_receive_it() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let Some(mut client) = python("gzip_client.py") else { return };
        let lines = Running::lines(client.arg(server.address().to_string()));
        assert_eq!(lines, ["passed"], "{model:?}");
    });
}

#[test]
fn curl_receives_it_in_both_versions_of_http() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let body = r#"{"jsonrpc":"2.0","method":"repeat","params":["abc",10000],"id":1}"#;
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let Some(mut curl) = curl() else { return };
        curl.args([version, "--compressed", "--data", body]);
        curl.args(["--header", "content-type: application/json"]);
        curl.args(["--write-out", "\n%header{content-encoding} %{size_download}"]);
        let lines = Running::lines(curl.arg(format!("http://{}", server.address())));
        assert!(lines[0].contains(&"abc".repeat(10_000)), "{version}");
        let (coding, size) = lines[1].split_once(' ').unwrap();
        assert_eq!(coding, "gzip", "{version}");
        assert!(size.parse::<usize>().unwrap() < 1000, "{version}: {size}");
    }
}

#[test]
fn both_clients_ask_for_it_and_read_it() {
    let text = "a text that is long, ".repeat(10_000);
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let url = format!("http://{}", server.address());
        let client = RpcClient::connect(url.as_str()).unwrap();
        assert_eq!(call!(client.same(text.clone().into())).unwrap(), text.as_str());
        assert_eq!(client.call::<String>("accepted", args![], ()).unwrap(), "gzip");
        let plain = RpcClient::builder().header("Accept-Encoding", "identity");
        let plain = plain.connect(url.as_str()).unwrap();
        assert_eq!(plain.call::<String>("accepted", args![], ()).unwrap(), "identity");
        drop((client, plain));
        run(async {
            let client = AsyncRpcClient::connect(url.as_str()).await.unwrap();
            assert_eq!(call!(client.same(text.clone().into())).await.unwrap(), text.as_str());
        });
    });
}

#[test]
fn a_client_is_not_made_to_inflate_more_than_its_limit() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let limits = Limits { max_message_bytes: 100_000, ..Limits::default() };
    let client = RpcClient::builder().limits(limits);
    let client = client.connect(format!("http://{}", server.address())).unwrap();
    let error = client.call::<String>("repeat", args!["x", 100_000], ()).unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    assert!(error.to_string().contains("over the limit of 100000"), "{error}");
    assert_eq!(client.call::<String>("repeat", args!["x", 1000], ()).unwrap(), "x".repeat(1000));
}

#[test]
fn it_is_told_by_the_headers_alone() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let mut peer = HttpPeer::connect(server.address());
    let add = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
    let refused = peer.exchange(&HttpPeer::post("Content-Encoding: zstd\r\n", add));
    assert_eq!((refused.status, refused.header("accept-encoding")), (415, Some("gzip")));
    assert_eq!(refused.body, "bodies are taken as they are, or with Content-Encoding: gzip\n");
    let again = HttpPeer::post("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", add);
    assert_eq!(peer.exchange(&again).status, 415);
    assert_eq!(peer.ask(add).status, 200);
}
