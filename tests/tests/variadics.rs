//! `#[args]` and `#[kwargs]` take the arguments that are left over, as `*args` and `**kwargs` do.

#![allow(clippy::unwrap_used, clippy::unused_async)]

use std::collections::{BTreeMap, HashMap};

use rpc_core::client::Dialect;
use rpc_core::layer::{Dispatch, Reply};
use rpc_core::protocol::{Call, Framing};
use rpc_core::{
    CallContext, Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, call, kwargs,
    rpc_export,
};
use serde_json::{Map, Value, json};
use tests::{DIALECTS, Model, Peer, both_ways};

/// Adds any numbers.
#[rpc_export]
fn sum(#[args] numbers: &[i64]) -> i64 {
    numbers.iter().sum()
}

/// Joins words behind a first one.
#[rpc_export]
fn join(
    first: &str,
    #[args] words: Vec<String>,
    #[default(" ".into())] separator: String,
    end: &str,
) -> String {
    let mut text = first.to_owned();
    for word in words {
        text = text + &separator + &word;
    }
    text + end
}

/// Counts votes by name.
#[rpc_export]
fn votes(#[default(0)] invalid: u64, #[kwargs] votes: &HashMap<String, u64>) -> u64 {
    votes.values().sum::<u64>() - invalid
}

/// Answers with everything it is given.
#[rpc_export]
fn everything(
    #[args] args: Vec<Value>,
    key: Option<bool>,
    #[kwargs] kwargs: Map<String, Value>,
) -> Value {
    json!([args, key, kwargs])
}

/// Does the same, some time.
#[rpc_export]
async fn everything_later(
    #[args] args: Vec<Value>,
    #[kwargs] kwargs: BTreeMap<String, Value>,
) -> Value {
    json!([args, kwargs])
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported()
}

#[test]
fn positions_that_are_left_over_go_to_args() {
    both_ways!(registry(), |client| {
        assert_eq!(client.sum().call().unwrap(), 0);
        assert_eq!(client.sum().numbers([1, 2, 3]).call().unwrap(), 6);
        assert_eq!(client.sum().numbers((1..=100).filter(|n| n % 2 == 0)).call().unwrap(), 2550);
        assert_eq!(call!(client.sum()).unwrap(), 0);
        assert_eq!(call!(client.sum(1, 2, 3)).unwrap(), 6);
        assert_eq!(call!(client.sum(numbers = vec![4, 5])).unwrap(), 9);
        assert_eq!(
            call!(client.sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)).unwrap(),
            136
        );
        assert_eq!(client.call::<i64>("sum", vec![1; 1000], ()).unwrap(), 1000);
        let refusal = client.call::<i64>("sum", args![1, "two"], ()).unwrap_err();
        assert!(refusal.to_string().contains("argument `numbers` of `sum`"), "{refusal}");
    });
}

#[test]
fn what_stands_behind_args_is_given_by_name_only() {
    both_ways!(registry(), |client| {
        assert_eq!(client.join("a").end(".").call().unwrap(), "a.");
        let words = ["b", "c"].map(str::to_owned);
        let text = client.join("a").words(words).separator(", ".to_owned()).end("!").call();
        assert_eq!(text.unwrap(), "a, b, c!");
        assert_eq!(call!(client.join("a", "b", "c", end = ".")).unwrap(), "a b c.");
        assert_eq!(call!(client.join(end = ".", first = "a")).unwrap(), "a.");
        let text = client.call::<String>("join", args!["a", "b"], kwargs! { end: "?" });
        assert_eq!(text.unwrap(), "a b?");
        let refusal = client.call::<String>("join", args!["a", "b"], ()).unwrap_err();
        assert!(refusal.to_string().contains("missing argument `end`"), "{refusal}");
    });
}

#[test]
fn keywords_that_are_left_over_go_to_kwargs() {
    both_ways!(registry(), |client| {
        assert_eq!(client.votes().call().unwrap(), 0);
        assert_eq!(client.votes().votes(kwargs! { ada: 3, grace: 4 }).call().unwrap(), 7);
        assert_eq!(call!(client.votes(1, votes = kwargs! { ada: 3 })).unwrap(), 2);
        let votes = HashMap::from([("ada", 3)]);
        assert_eq!(call!(client.votes(votes = &votes, invalid = 2)).unwrap(), 1);
        assert_eq!(client.call::<u64>("votes", args![1], kwargs! { x: 1, y: 5 }).unwrap(), 5);
        let refusal = client.call::<u64>("votes", (), kwargs! { ada: "many" }).unwrap_err();
        assert!(refusal.to_string().contains("of `votes` must be"), "{refusal}");
    });
}

#[test]
fn args_and_kwargs_take_everything() {
    both_ways!(registry(), |client| {
        let all =
            call!(client.everything(json!(1), json!("b"), key = true, kwargs = kwargs! { c: [2] }));
        assert_eq!(all.unwrap(), json!([[1, "b"], true, { "c": [2] }]));
        let all = client.call::<Value>("everything", args![1, 2.5], kwargs! { a: (), key: false });
        assert_eq!(all.unwrap(), json!([[1, 2.5], false, { "a": null }]));
        let all = call!(client.everything_later(json!(1), json!(2), kwargs = kwargs! { a: 3 }));
        assert_eq!(all.unwrap(), json!([[1, 2], { "a": 3 }]));
    });
}

#[test]
fn the_listing_marks_them_as_python_does() {
    let registry = registry();
    let functions = registry.functions().map(ToString::to_string);
    let functions: Vec<_> = functions.filter(|function| function.contains('*')).collect();
    assert_eq!(
        functions,
        [
            "everything(*args: Vec<Value>, key: Option<bool> = None, **kwargs: Map<String, Value>) -> Value",
            "everything_later(*args: Vec<Value>, **kwargs: BTreeMap<String, Value>) -> Value",
            "join(first: &str, *words: Vec<String>, separator: String = \" \".into(), end: &str) -> String",
            "sort_out(*positions: Vec<Value>, **keywords: Map<String, Value>) -> Value",
            "sort_out_later(*positions: Vec<i64>, **keywords: Map<String, Value>) -> Value",
            "sum(*numbers: &[i64]) -> i64",
            "votes(invalid: u64 = 0, **votes: &HashMap<String, u64>) -> u64",
        ]
    );
}

/// The positions that are left over, under a name that callers may also want for a keyword.
#[rpc_export]
fn sort_out(#[args] positions: Vec<Value>, #[kwargs] keywords: Map<String, Value>) -> Value {
    json!([positions, keywords])
}

/// Does the same, some time.
#[rpc_export]
async fn sort_out_later(
    #[args] positions: Vec<i64>,
    #[kwargs] keywords: Map<String, Value>,
) -> Value {
    json!([positions, keywords])
}

#[test]
fn a_keyword_with_the_name_of_args_is_these_in_every_dialect() {
    let keywords = r#"{"positions":[1,2],"x":3}"#;
    let of_keywords = |method: &str, keywords: &str| {
        [
            format!(r#"{{"method_name":"{method}","method_kwargs":{keywords}}}"#),
            format!(
                r#"{{"method_name":"{method}","method_args":[],"method_kwargs":{keywords},"id":1}}"#
            ),
            format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{keywords},"id":1}}"#),
            format!(r#"{{"in":"{method}","params":{keywords}}}"#),
            format!(
                r#"{{"jsonrpc":"2.0","method":"system.multicall","params":[[{{"methodName":"{method}","params":{keywords}}}]],"id":1}}"#
            ),
        ]
    };
    Model::each(|model| {
        let server = model.start(RpcServer::exported());
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        for method in ["sort_out", "sort_out_later"] {
            for message in of_keywords(method, keywords) {
                let reply = peer.ask(&message);
                assert!(reply.contains(r#"[[1,2],{"x":3}]"#), "{message}: {reply}");
            }
            for message in of_keywords(method, r#"{"positions":5}"#) {
                let reply = peer.ask(&message);
                let said = format!("argument `positions` of `{method}`, which takes any number");
                assert!(reply.contains(&said), "{message}: {reply}");
            }
        }
        let both =
            r#"{"method_name":"sort_out","method_args":[1],"method_kwargs":{"positions":[2]}}"#;
        let reply = peer.ask(both);
        assert!(reply.contains("argument `positions` of `sort_out` is given twice"), "{reply}");
    });
    let registry = registry();
    let call = Call::new("sort_out", "[]", keywords).unwrap();
    let mut out = Vec::new();
    let _ = registry.dispatch(&call, &CallContext::default(), &mut Reply::new(&mut out));
    assert_eq!(out, br#"[[1,2],{"x":3}]"#);
}

#[test]
fn a_typed_call_cannot_mistake_a_keyword_for_args() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let url = format!("http://{}/", server.address());
    let dialects = DIALECTS.map(|dialect| (dialect, server.address().to_string()));
    for (dialect, address) in dialects.into_iter().chain([(Dialect::XmlRpc, url)]) {
        let client = RpcClient::builder().dialect(dialect).connect(address).unwrap();
        let right = client.sort_out().positions([json!(1)]).keywords(kwargs! { x: 2 }).call();
        assert_eq!(right.unwrap(), json!([[1], { "x": 2 }]), "{dialect:?}");
        for refused in [
            client.sort_out().keywords(kwargs! { positions: [1] }).call().unwrap_err(),
            client
                .sort_out()
                .positions([json!(1)])
                .keywords(kwargs! { x: 1, positions: 5 })
                .call()
                .unwrap_err(),
            client.sort_out_later().keywords(json!({ "positions": 5 })).call().unwrap_err(),
        ] {
            assert!(matches!(refused, Error::Misuse(_)), "{dialect:?}: {refused:?}");
            assert_eq!(
                refused.to_string(),
                "a keyword argument `positions` cannot be told from the parameter `positions`, which takes the \
                 arguments by position that are left; give it another name"
            );
        }
    }
}
