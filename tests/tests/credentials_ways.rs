//! Clients say who they are by every way there is, and what they say is shown to nobody.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::{Framing, code};
use rpc_core::server::{InMemory, UnixAddress};
use rpc_core::{AsyncRpcClient, Error, JsonRpc, RpcClient, TcpServer, rpc_export};
use tests::{Doorman, Folder, Guarded, Model, run};

/// Doubles a number.
#[rpc_export]
fn doubled(n: i64) -> i64 {
    2 * n
}

/// Every way to a server, ready to be connected: over streams, and where there are headers.
fn ways(address: &str) -> Vec<(String, ClientBuilder, String)> {
    let streams = [
        (Dialect::Native, Framing::LengthPrefix),
        (Dialect::Native, Framing::Raw),
        (Dialect::NativeWithoutIds, Framing::LengthPrefix),
        (Dialect::JsonRpc, Framing::Header),
        (Dialect::JsonRpc, Framing::Raw),
    ];
    let mut ways = Vec::new();
    for (dialect, framing) in streams {
        let builder = ClientBuilder::default().dialect(dialect).framing(framing);
        ways.push((format!("{dialect:?} {framing:?}"), builder, address.to_owned()));
    }
    let with_headers = [
        ("ws", Dialect::Native),
        ("ws", Dialect::JsonRpc),
        ("http", Dialect::Native),
        ("http", Dialect::NativeWithoutIds),
        ("http", Dialect::JsonRpc),
        ("http", Dialect::XmlRpc),
    ];
    if !address.starts_with("unix:") {
        for (scheme, dialect) in with_headers {
            let builder = ClientBuilder::default().dialect(dialect);
            ways.push((format!("{dialect:?} {scheme}"), builder, format!("{scheme}://{address}")));
        }
    }
    ways
}

fn is_refused(called: Result<i64, Error>, way: &str) {
    let error = called.unwrap_err();
    assert_eq!(error.code(), Some(code::UNAUTHENTICATED), "{way}: {error}");
    assert!(!error.may_have_run(), "{way}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{way}: {error:?}");
}

#[test]
fn every_way_says_who_calls() {
    let folder = Folder::new();
    Model::each(|model| {
        let doorman = Arc::<Doorman>::default();
        let token = doorman.issue().replace("Bearer ", "");
        doorman.take("Basic YWRhOnMzY3JldDpvZjphbGw=");
        let server = || TcpServer::new(JsonRpc::new(Guarded::new(&doorman)));
        let tcp = model.start(server());
        let path = folder.file(&format!("{model:?}.sock"));
        let unix = model.start_at(UnixAddress::new(path), server()).unwrap();
        for server in [&tcp, &unix] {
            for (way, builder, url) in ways(&server.address().to_string()) {
                let way = format!("{way} {model:?} {url}");
                let good = builder.clone().bearer(token.as_str());
                let basic = builder.clone().basic("ada", "s3cret:of:all");
                let wrong = builder.clone().bearer("s3cret-of-others");
                let call = |builder: &ClientBuilder| {
                    let client = builder.connect(&url)?;
                    assert!(!format!("{client:?} {builder:?}").contains("s3cret"));
                    assert_eq!(client.doubled(20).call()?, 40);
                    client.doubled(21).call()
                };
                assert_eq!(call(&good).unwrap(), 42, "{way}");
                assert_eq!(call(&basic).unwrap(), 42, "{way}");
                is_refused(call(&wrong), &way);
                is_refused(call(&builder), &way);
                let call = async |builder: &ClientBuilder| {
                    let client = builder.connect_async(&url).await?;
                    assert!(!format!("{client:?}").contains("s3cret"));
                    assert_eq!(client.doubled(20).call().await?, 40);
                    client.doubled(21).call().await
                };
                run(async {
                    assert_eq!(call(&good).await.unwrap(), 42, "{way}");
                    assert_eq!(call(&basic).await.unwrap(), 42, "{way}");
                    is_refused(call(&wrong).await, &way);
                    is_refused(call(&builder).await, &way);
                });
            }
        }
    });
}

#[test]
fn own_transports_say_who_calls() {
    let doorman = Arc::<Doorman>::default();
    let token = doorman.issue().replace("Bearer ", "");
    let memory = || InMemory::new(JsonRpc::new(Guarded::new(&doorman)));
    let builder = RpcClient::builder().bearer(token);
    assert_eq!(builder.connect_over(memory()).unwrap().doubled(2).call().unwrap(), 4);
    assert_eq!(doorman.greetings(), 1);
    run(async {
        let client = builder.connect_async_over(memory()).await.unwrap();
        assert_eq!(client.doubled(2).call().await.unwrap(), 4);
        let wrong = AsyncRpcClient::builder().bearer("none").connect_async_over(memory()).await;
        assert_eq!(wrong.unwrap_err().code(), Some(code::UNAUTHENTICATED));
    });
    assert_eq!(doorman.greetings(), 3);
}
