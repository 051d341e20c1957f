//! A reply that is late, doubled, unasked or for somebody else reaches no call of an asynchronous
//! client.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc::channel;
use std::time::Duration;

use rpc_core::client::Dialect;
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, Error, Stub};
use tests::{Fake, Received, run};

#[test]
fn replies_that_answer_no_call_are_dropped() {
    let server = Fake::start(Framing::LengthPrefix, |mut peer| {
        while let Some(call) = peer.receive_call() {
            let Received { id, argument } = &call;
            let of_another = id.as_u64().unwrap() + 1000;
            for id in [
                format!(r#","id":{of_another}"#),
                r#","id":18446744073709551616"#.to_owned(),
                r#","id":-1"#.to_owned(),
                format!(r#","id":"call {id}""#),
                r#","id":null"#.to_owned(),
                String::new(),
            ] {
                peer.send(&format!(r#"{{"res":"not this one"{id}}}"#));
            }
            peer.echo(&call);
            // The same once more, and the like of it, for which the client may have left.
            let error = format!(r#"{{"error":{{"code":1,"message":"{argument}"}},"id":{id}}}"#);
            for late in [format!(r#"{{"res":{argument},"id":{id}}}"#), error] {
                let _ = peer.try_send(&late);
            }
        }
    });
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        for n in 0..50_u64 {
            assert_eq!(client.call::<u64>("same", [n], ()).await.unwrap(), n);
        }
        drop(client);
    });
}

#[test]
fn a_late_reply_is_nobody_elses() {
    for dialect in [Dialect::Native, Dialect::NativeWithoutIds] {
        let (given_up, is_given_up) = channel();
        let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
            while let Some(message) = peer.receive() {
                let message: serde_json::Value = serde_json::from_str(&message).unwrap();
                // Not a call, but that one is given up.
                if message.get("cancel").is_some() {
                    continue;
                }
                let argument = message["method_args"][0].clone();
                if argument == 0 {
                    is_given_up.recv().unwrap();
                }
                peer.echo(&Received { id: message["id"].clone(), argument });
            }
        });
        run(async {
            let builder = AsyncRpcClient::builder().dialect(dialect);
            let client = builder.connect_async(server.address()).await.unwrap();
            // Long enough for the call to be on its way.
            let limit = Duration::from_millis(500);
            let late = client.within(limit).call::<u64>("same", [0], ()).await.unwrap_err();
            assert!(
                matches!(&late, Error::Io(late) if late.kind() == IoErrorKind::TimedOut(limit)),
                "{late}"
            );
            assert!(late.may_have_run());
            given_up.send(()).unwrap();
            for n in 1..20_u64 {
                assert_eq!(client.call::<u64>("same", [n], ()).await.unwrap(), n, "{dialect:?}");
            }
            drop(client);
        });
    }
}
