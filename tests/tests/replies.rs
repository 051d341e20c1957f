//! What a client makes of replies that no server should send.

#![allow(clippy::unwrap_used)]

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::protocol::{Framing, code};
use rpc_core::{AsyncRpcClient, Error, RpcClient, Stub};
use tests::{Fake, Peer, Received, frame};
use tokio::runtime::Builder;

/// A server that answers the calls of each connection in the way given.
fn answering(mut answer: impl FnMut(&mut Peer, &Received) + Send + 'static) -> (Fake, RpcClient) {
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        while let Some(call) = peer.receive_call() {
            answer(&mut peer, &call);
        }
    });
    let client = RpcClient::connect(server.address()).unwrap();
    (server, client)
}

fn same(client: &RpcClient, n: u64) -> Result<u64, Error> {
    client.call("same", [n], ())
}

#[test]
fn replies_that_answer_no_call_are_dropped() {
    let (_server, client) = answering(|peer, call| {
        let Received { id, argument } = call;
        let id_of_another = id.as_u64().unwrap() + 1;
        for id in [
            format!(r#","id":{id_of_another}"#),
            r#","id":18446744073709551615"#.to_owned(),
            r#","id":18446744073709551616"#.to_owned(),
            r#","id":-1"#.to_owned(),
            r#","id":1.5"#.to_owned(),
            format!(r#","id":"{id}x""#),
            r#","id":null"#.to_owned(),
            String::new(),
        ] {
            peer.send(&format!(r#"{{"res":"not this one"{id}}}"#));
        }
        peer.echo(call);
        // The same once more, and the like of it, for which the client may have left.
        let error = format!(r#"{{"error":{{"code":1,"message":"{argument}"}},"id":{id}}}"#);
        for late in [format!(r#"{{"res":{argument},"id":{id}}}"#), error] {
            let _ = peer.try_send(&late);
        }
    });
    for n in 0..20 {
        assert_eq!(same(&client, n).unwrap(), n);
    }
    drop(client);
}

#[test]
fn a_reply_is_read_whatever_else_it_has_and_in_whatever_order() {
    let (_server, client) = answering(|peer, Received { id, argument }| {
        let reply = match argument.as_u64().unwrap() {
            0 => format!(r#" {{ "id" : {id} , "extra" : [{{"res":1}}] , "res" : 0 }} "#),
            1 => format!(r#"{{"\u0069d":{id},"r\u0065s":1}}"#),
            2 => format!(r#"{{"res":2,"error":null,"id":{id}}}"#),
            3 => {
                format!(r#"{{"res":null,"error":{{"message":"no","code":3,"more":1}},"id":{id}}}"#)
            }
            4 => format!(r#"{{"error":"just a text","id":{id}}}"#),
            _ => format!(r#"{{"error":[5],"id":{id}}}"#),
        };
        peer.send(&reply);
    });
    for n in 0..3 {
        assert_eq!(same(&client, n).unwrap(), n);
    }
    for (n, expected) in [
        (3, "no (code 3)"),
        (4, "just a text (code -32603)"),
        (5, "the other side failed the call (code -32603)"),
    ] {
        let error = same(&client, n).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(same(&client, 5).unwrap_err().fault().unwrap().data(), Some("[5]"));
    drop(client);
}

/// Messages that are no reply to the call `ID`, some of which begin and end like one. `LONG` stands for
/// much text.
const NONSENSE: [&str; 16] = [
    "",
    "hello",
    "[]",
    "5",
    "{}",
    r#"{"id":ID}"#,
    r#"{"res":1"#,
    r#"{"res":NaN,"id":ID}"#,
    r#"{"res":LONG,"id":ID}"#,
    r#"{"res":"LONG,"id":ID}"#,
    r#"{"res":"LONG\","id":ID}"#,
    "{\"res\":\"LONG\n\",\"id\":ID}",
    r#"{"res":["LONG","id":ID}"#,
    r#"{"res":"LONG"],"id":ID}"#,
    r#"{"res":,"x":"LONG","id":ID}"#,
    r#"{"res":"LONG" "LONG","id":ID}"#,
];

/// A server that answers every other call with the next piece of nonsense.
fn talking_nonsense() -> (Fake, RpcClient) {
    let mut turn = 0;
    answering(move |peer, call| {
        turn += 1;
        if turn % 2 == 0 {
            return peer.echo(call);
        }
        let message = NONSENSE[turn / 2].replace("ID", &call.id.to_string());
        let _ = peer.try_send(&message.replace("LONG", &"long ".repeat(100)));
    })
}

#[test]
fn what_is_no_reply_at_all_ends_the_connection_and_the_next_call_makes_another() {
    let (_server, client) = talking_nonsense();
    for (n, text) in (0..).zip(NONSENSE) {
        let error = same(&client, n).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error:?} for {text}");
        assert!(error.may_have_run());
        assert_eq!(same(&client, n).unwrap(), n, "after {text}");
    }
    drop(client);
}

#[test]
fn an_asynchronous_client_does_the_same() {
    let (server, _) = talking_nonsense();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        for (n, text) in (0..).zip(NONSENSE) {
            let error = client.call::<u64>("same", [n], ()).await.unwrap_err();
            assert!(matches!(error, Error::Protocol(_)), "{error:?} for {text}");
            assert!(error.may_have_run());
            assert_eq!(client.call::<u64>("same", [n], ()).await.unwrap(), n, "after {text}");
        }
    });
    // The connection's task ends with it, and the server with that.
    drop(runtime);
    drop(server);
}

#[test]
fn a_message_that_only_looks_like_a_reply_is_the_end_of_every_call_on_its_connection() {
    let (_server, client) = answering(|peer, call| {
        if call.argument == 2 {
            peer.send(&format!(r#"{{"res":"{},"id":{}}}"#, "x".repeat(100), call.id));
        }
    });
    for is_first in [true, false] {
        let mut calls: Vec<_> = (0..3).map(|n| client.add(n, 0).start().unwrap()).collect();
        if is_first {
            calls.reverse();
        }
        for call in calls {
            assert!(matches!(call.wait().unwrap_err(), Error::Protocol(_)));
        }
    }
    drop(client);
}

#[test]
fn what_follows_a_message_that_only_looks_like_a_reply_is_not_believed() {
    let (_server, client) = answering(|peer, call| {
        if call.argument == 1 {
            let first = format!(r#"{{"res":"{},"id":0}}"#, "x".repeat(100));
            let second = format!(r#"{{"res":13,"id":{}}}"#, call.id);
            let frames =
                [first, second].map(|reply| frame(Framing::LengthPrefix, reply.as_bytes()));
            peer.write(&frames.concat());
        }
    });
    let calls: Vec<_> = (0..2).map(|n| client.add(n, 2).start().unwrap()).collect();
    for call in calls {
        assert!(matches!(call.wait().unwrap_err(), Error::Protocol(_)));
    }
    drop(client);
}

#[test]
fn a_fault_of_the_whole_connection_reaches_every_call_on_it() {
    let (_server, client) = answering(|peer, call| {
        if call.argument == 2 {
            peer.send(r#"{"error":{"code":-32003,"message":"closing for today"}}"#);
        }
    });
    let calls: Vec<_> = (0..3).map(|n| client.add(n, 0).start().unwrap()).collect();
    for call in calls {
        let error = call.wait().unwrap_err();
        assert_eq!(error.fault().unwrap().code(), code::SHUTTING_DOWN);
        assert_eq!(error.to_string(), "closing for today (code -32003)");
    }
    drop(client);
}

#[test]
fn ping_replies_with_and_without_a_result() {
    let server = Fake::start(Framing::LengthPrefix, |mut peer| {
        for reply in [
            r#"{"out":"pong","result":"a"}"#,
            r#"{"result":"b","out":"anything"}"#,
            r#"{"out":"error","result":{"code":7,"message":"no"}}"#,
            r#"{"out":"error","result":"no"}"#,
            r#"{"out":"error","result":null}"#,
            r#"{"out":"pong"}"#,
        ] {
            peer.receive().unwrap();
            peer.send(reply);
        }
        peer.receive();
    });
    let client = RpcClient::builder().dialect(Dialect::Ping).connect(server.address()).unwrap();
    let ping = || client.call::<String>("ping", ["x"], ()).map_err(|error| error.to_string());
    assert_eq!(ping(), Ok("a".to_owned()));
    assert_eq!(ping(), Ok("b".to_owned()));
    assert_eq!(ping(), Err("no (code 7)".to_owned()));
    assert_eq!(ping(), Err("no (code -32603)".to_owned()));
    assert_eq!(ping(), Err("the other side failed the call (code -32603)".to_owned()));
    let doing = format!("calling `ping` at {}", server.address());
    assert_eq!(ping(), Err(format!("{doing}: not a reply: it has no `result`")));
    drop(client);
}
