//! The greeting of a stream, and a call's own metadata: in batches, without replies, twice, pipelined, wrong, expired.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rpc_core::identity::Credentials;
use rpc_core::protocol::Framing;
use rpc_core::server::{InMemory, ServerHandle};
use rpc_core::{FunctionRegistry, JsonRpc, RpcClient, RpcServer, Stub, args, kwargs};
use serde_json::{Value, json};
use tests::{HttpPeer, Model, Peer, know, know_later, run, until};

/// Runs a test with servers in three models, whose authenticator answers at once or later.
fn each(test: impl Fn(&ServerHandle) + Sync) {
    Model::each(|model| {
        test(&model.start(RpcServer::exported().authenticate(know)));
        test(&model.start(RpcServer::exported().authenticate_async(know_later)));
    });
}

fn call(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).to_string()
}

fn greeting(token: &str) -> String {
    call("rpc.authenticate", json!([format!("Bearer {token}")]))
}

fn whoami() -> String {
    call("whoami", json!([]))
}

fn ask(peer: &mut Peer, message: &str) -> Value {
    serde_json::from_str(&peer.ask(message)).unwrap()
}

fn connect(server: &ServerHandle) -> Peer {
    Peer::connect(server.address(), Framing::Raw)
}

#[test]
fn by_hand_as_it_is_documented() {
    each(|server| {
        let mut peer = connect(server);
        let greeting = r#"{"method_name":"rpc.authenticate","method_args":["Bearer s3cret"]}"#;
        assert_eq!(peer.ask(greeting), r#"{"res":"ada"}"#);
        assert_eq!(peer.ask(r#"{"method_name":"whoami"}"#), r#"{"res":"ada"}"#);
        let greeting =
            r#"{"jsonrpc":"2.0","method":"rpc.authenticate","params":["Bearer bob"],"id":1}"#;
        assert_eq!(peer.ask(greeting), r#"{"jsonrpc":"2.0","result":"bob","id":1}"#);
        assert_eq!(peer.ask(r#"{"in":"whoami"}"#), r#"{"result":"bob","out":"whoami"}"#);
    });
}

#[test]
fn what_comes_behind_a_greeting_is_theirs_and_what_comes_before_is_not() {
    each(|server| {
        let mut peer = connect(server);
        let messages = [whoami(), greeting("s3cret"), whoami(), greeting("bob"), whoami()];
        peer.write(messages.concat().as_bytes());
        let names: Vec<Value> = messages
            .iter()
            .map(|_| serde_json::from_str::<Value>(&peer.receive().unwrap()).unwrap())
            .map(|reply| reply["result"].clone())
            .collect();
        assert_eq!(names, [Value::Null, "ada".into(), "ada".into(), "bob".into(), "bob".into()]);
    });
}

#[test]
fn in_a_batch_it_is_a_call_like_any_other() {
    each(|server| {
        let mut peer = connect(server);
        let batch = [whoami(), greeting("s3cret"), whoami(), greeting("bob"), whoami()].join(",");
        let replies = ask(&mut peer, &format!("[{batch}]"));
        let names: Vec<_> =
            replies.as_array().unwrap().iter().map(|reply| &reply["result"]).collect();
        assert_eq!(json!(names), json!([null, "ada", "ada", "bob", "bob"]));
        assert_eq!(ask(&mut peer, &whoami())["result"], "bob");
        let own = |token: &str| {
            let mut call: Value = serde_json::from_str(&whoami()).unwrap();
            call["metadata"] = json!({"authorization": format!("Bearer {token}")});
            call.to_string()
        };
        let batch = [own("s3cret"), own("wrong"), whoami(), own("bob")].join(",");
        let replies = ask(&mut peer, &format!("[{batch}]"));
        assert_eq!(replies[0]["result"], "ada");
        assert_eq!(replies[1]["error"]["code"], -32007);
        assert_eq!(replies[2]["result"], "bob");
        assert_eq!(replies[3]["result"], "bob");
    });
}

#[test]
fn without_a_reply_it_is_heard_too() {
    each(|server| {
        let mut peer = connect(server);
        let mut silent: Value = serde_json::from_str(&greeting("s3cret")).unwrap();
        silent.as_object_mut().unwrap().remove("id");
        peer.send(&silent.to_string());
        assert_eq!(ask(&mut peer, &whoami())["result"], "ada");
        peer.send(&silent.to_string().replace("s3cret", "wrong"));
        assert_eq!(ask(&mut peer, &whoami())["error"]["code"], -32007);
    });
}

#[test]
fn the_metadata_of_a_call_goes_before_the_greeting() {
    each(|server| {
        let client = RpcClient::connect(server.address()).unwrap();
        let name = |client: &RpcClient, token: Option<&str>| {
            let whoami = |stub: &dyn Fn() -> Result<Option<String>, rpc_core::Error>| stub();
            match token {
                None => whoami(&|| client.call("whoami", args![], kwargs! {})),
                Some(token) => whoami(&|| {
                    client.with_metadata("Authorization", format!("Bearer {token}")).call(
                        "whoami_later",
                        args![],
                        kwargs! {},
                    )
                }),
            }
        };
        let greeted: String =
            client.call("rpc.authenticate", args!["Bearer s3cret"], kwargs! {}).unwrap();
        assert_eq!(greeted, "ada");
        for _ in 0..2 {
            assert_eq!(name(&client, Some("bob")).unwrap().as_deref(), Some("bob"));
            assert_eq!(name(&client, None).unwrap().as_deref(), Some("ada"));
        }
        let wrong = name(&client, Some("wrong")).unwrap_err();
        assert!(wrong.to_string().contains("no such token"), "{wrong}");
        assert_eq!(name(&client, None).unwrap().as_deref(), Some("ada"));
    });
}

#[test]
fn metadata_that_says_who_calls_in_two_ways_or_in_no_text_is_refused() {
    each(|server| {
        let mut peer = connect(server);
        assert_eq!(ask(&mut peer, &greeting("s3cret"))["result"], "ada");
        for metadata in [
            r#"{"authorization":"Bearer bob","authorization":"Bearer bob"}"#,
            r#"{"authorization":"Bearer bob","Author\u0069zation":"Bearer s3cret"}"#,
            r#"{"authorization":null}"#,
            r#"{"authorization":["Bearer bob"]}"#,
            r#"{"n":5,"authorization":"Bearer bob"}"#,
        ] {
            let call =
                format!(r#"{{"jsonrpc":"2.0","method":"whoami","id":1,"metadata":{metadata}}}"#);
            let native = format!(r#"{{"method_name":"whoami","metadata":{metadata}}}"#);
            for refused in [
                ask(&mut peer, &call),
                ask(&mut peer, &format!("[{call}]"))[0].take(),
                ask(&mut peer, &native),
            ] {
                assert_eq!(refused["error"]["code"], -32600, "{metadata}: {refused}");
                assert!(refused.to_string().contains("`metadata`"), "{refused}");
            }
        }
        let foreign = r#"{"jsonrpc":"2.0","method":"whoami","id":1,"metadata":{"n":5}}"#;
        assert_eq!(ask(&mut peer, foreign)["result"], "ada");
    });
}

#[test]
fn a_greeting_that_is_none_says_what_is_wrong_and_is_a_failed_one() {
    each(|server| {
        let mut peer = connect(server);
        for params in [
            json!([]),
            json!([1]),
            json!([null]),
            json!(["Bearer bob", "Bearer bob"]),
            json!({"token": "Bearer bob"}),
            json!({"authorization": "Bearer bob", "more": 1}),
            json!([["Bearer bob"]]),
        ] {
            assert_eq!(ask(&mut peer, &greeting("s3cret"))["result"], "ada");
            assert_eq!(ask(&mut peer, &whoami())["result"], "ada");
            let reply = ask(&mut peer, &call("rpc.authenticate", params.clone()));
            assert_eq!(reply["error"]["code"], -32602, "{params}: {reply}");
            let refused = ask(&mut peer, &whoami());
            assert_eq!(refused["error"]["code"], -32007, "{params}: {refused}");
        }
        let mut peer = HttpPeer::connect(server.address().to_string());
        let refused = peer.ask(&greeting("s3cret"));
        assert!(refused.body.contains("-32600"), "{refused:?}");
        assert!(peer.ask(&whoami()).body.contains("null"));
    });
}

/// Whatever is wrong with its message.
#[test]
fn a_greeting_whose_message_is_no_call_is_a_failed_one() {
    each(|server| {
        let mut peer = connect(server);
        for greeting_of_bob in [
            r#"{"jsonrpc":"2.0","method":"rpc.authenticate","params":"Bearer bob","id":1}"#,
            r#"{"jsonrpc":"2.0","method":"rpc.authenticate","params":"Bearer bob"}"#,
            r#"{"method":"rpc.authenticate","params":["Bearer bob"],"id":1}"#,
            r#"{"jsonrpc":"2.0","method":"rpc.authenticate","params":["Bearer bob"],"id":{}}"#,
            r#"{"jsonrpc":"2.0","method":"rpc.authenticate","params":["Bearer bob"],"params":[],"id":1}"#,
            r#"{"method_name":"rpc.authenticate","method_args":"Bearer bob"}"#,
            r#"{"method_name":"rpc.authenticate","method_args":["Bearer bob"],"timeout_ms":-1}"#,
        ] {
            for message in [greeting_of_bob.to_owned(), format!("[{greeting_of_bob}]")] {
                assert_eq!(ask(&mut peer, &greeting("s3cret"))["result"], "ada");
                let mut reply = ask(&mut peer, &message);
                if reply.is_array() {
                    reply = reply[0].take();
                }
                assert_eq!(reply["error"]["code"], -32600, "{message}: {reply}");
                let refused = ask(&mut peer, &whoami());
                assert_eq!(refused["error"]["code"], -32007, "{message}: {refused}");
            }
        }
        // The ping dialect has one argument as it is.
        let ping = r#"{"in":"rpc.authenticate","params":"Bearer bob"}"#;
        assert_eq!(peer.ask(ping), r#"{"result":"bob","out":"rpc.authenticate"}"#);
        assert_eq!(ask(&mut peer, &whoami())["result"], "bob");
    });
}

#[test]
fn a_panic_and_a_database_that_is_down_cost_nobody_else() {
    each(|server| {
        let (mut peer, mut other) = (connect(server), connect(server));
        for (token, code) in [("bang", -32603), ("down", -32000), ("old", -32007)] {
            let reply = ask(&mut peer, &greeting(token));
            assert_eq!(reply["error"]["code"], code, "{reply}");
            assert!(!reply.to_string().contains("an authenticator"), "{reply}");
            // Whoever greeted does not go on as nobody.
            assert_eq!(ask(&mut peer, &whoami())["error"]["code"], -32007);
        }
        assert_eq!(ask(&mut peer, &greeting("s3cret"))["result"], "ada");
        drop(peer);
        assert_eq!(ask(&mut other, &whoami())["result"], Value::Null);
    });
}

#[test]
fn who_expires_while_connected_is_told_so_until_they_greet_again() {
    each(|server| {
        let mut peer = connect(server);
        assert_eq!(ask(&mut peer, &greeting("short"))["result"], "short");
        let mut reply = Value::Null;
        until("the identity expires", || {
            reply = ask(&mut peer, &whoami());
            reply["result"] != "short"
        });
        assert_eq!(reply["error"]["code"], -32007, "{reply}");
        assert!(reply.to_string().contains(r#""expired":true"#), "{reply}");
        assert_eq!(ask(&mut peer, &greeting("old"))["error"]["code"], -32007);
        assert_eq!(ask(&mut peer, &greeting("s3cret"))["result"], "ada");
        assert_eq!(ask(&mut peer, &whoami())["result"], "ada");
    });
}

#[test]
fn a_stream_is_asked_about_once() {
    Model::each(|model| {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let server = model.start(RpcServer::exported().authenticate(
            move |credentials: &Credentials<'_>| {
                count.fetch_add(1, Ordering::SeqCst);
                know(credentials)
            },
        ));
        let mut peer = connect(&server);
        for _ in 0..5 {
            ask(&mut peer, &whoami());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0, "nobody has said anything");
        ask(&mut peer, &greeting("s3cret"));
        for _ in 0..5 {
            ask(&mut peer, &whoami());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn an_authenticator_that_takes_time_holds_up_no_other_connection() {
    let (open, gate) = tokio::sync::watch::channel(false);
    let server = Model::EventLoop.start(RpcServer::exported().authenticate_async(
        move |credentials: Credentials<'static>| {
            let mut gate = gate.clone();
            async move {
                let _ = gate.wait_for(|open| *open).await;
                know(&credentials)
            }
        },
    ));
    let mut waiting = connect(&server);
    waiting.write([greeting("s3cret"), whoami()].concat().as_bytes());
    let mut other = connect(&server);
    for _ in 0..3 {
        assert_eq!(ask(&mut other, &whoami())["result"], Value::Null);
    }
    open.send(true).unwrap();
    for _ in 0..2 {
        assert!(waiting.receive().unwrap().contains("ada"));
    }
}

#[test]
fn what_waits_for_who_calls_runs_beside_others_then() {
    // The function of the first call ends after that of the second.
    let server = Model::EventLoop.start(RpcServer::exported().authenticate_async(know_later));
    run(async {
        let client = rpc_core::AsyncRpcClient::connect(server.address()).await.unwrap();
        let slow = client.with_metadata("authorization", "Bearer s3cret").call::<u64>(
            "nap_ms",
            args![60_000],
            kwargs! {},
        );
        let mut slow = std::pin::pin!(slow);
        let quick = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            client.call::<u64>("nap_ms", args![1], kwargs! {}).await
        };
        tokio::select! {
            ended = &mut slow => panic!("{ended:?}"),
            quick = quick => assert_eq!(quick.unwrap(), 1),
        }
    });
}

#[test]
fn within_a_process_too() {
    let stacks = [
        JsonRpc::new(FunctionRegistry::exported()).authenticate(know),
        JsonRpc::new(FunctionRegistry::exported()).authenticate_async(know_later),
    ];
    for stack in stacks {
        let client = RpcClient::builder().connect_over(InMemory::new(stack)).unwrap();
        let name = || client.call::<Option<String>>("whoami", args![], kwargs! {}).unwrap();
        assert_eq!(name(), None);
        let ada: String =
            client.call("rpc.authenticate", args!["Bearer s3cret"], kwargs! {}).unwrap();
        assert_eq!((ada.as_str(), name().as_deref()), ("ada", Some("ada")));
    }
}

#[test]
fn without_an_authenticator_there_is_no_greeting() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let mut peer = connect(&server);
    assert_eq!(ask(&mut peer, &greeting("s3cret"))["error"]["code"], -32601);
    // Whoever sets something about it without saying who is asked has none either.
    let server = RpcServer::exported().slow_failed_logins(0, Duration::ZERO);
    let server = Model::ThreadPerConnection.start(server);
    let mut peer = connect(&server);
    assert_eq!(ask(&mut peer, &greeting("s3cret"))["error"]["code"], -32601);
}

#[test]
fn a_batch_of_guesses_is_cut_short() {
    for server in [
        RpcServer::exported().authenticate(know),
        RpcServer::exported().authenticate_async(know_later),
    ] {
        let server = Model::EventLoop.start(server);
        let mut peer = connect(&server);
        let guesses: Vec<_> = (0..20).map(|number| greeting(&format!("guess {number}"))).collect();
        let replies = ask(&mut peer, &format!("[{}]", guesses.join(",")));
        let codes: Vec<_> = replies
            .as_array()
            .unwrap()
            .iter()
            .map(|reply| reply["error"]["code"].as_i64().unwrap())
            .collect();
        assert_eq!(codes, [[-32007; 10], [-32000; 10]].concat());
    }
}
