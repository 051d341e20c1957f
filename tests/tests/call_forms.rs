//! The forms of a call: keywords wherever a call is sent, and whatever Rust has for arguments.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use examples::add;
use rpc_core::client::Prepare;
use rpc_core::error::Misuse;
use rpc_core::{
    CallError, Error, FunctionRegistry, RpcClient, RpcServer, State, Stub, call, kwargs, notify,
    rpc_export, start,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tests::{Model, both_ways, run};

/// Counts.
#[rpc_export]
fn count_up(counter: State<AtomicU64>, #[default(1)] by: u64) -> u64 {
    counter.fetch_add(by, Ordering::Relaxed) + by
}

/// Halves what is even.
#[rpc_export]
fn halve(n: i64) -> Result<i64, String> {
    if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
}

/// Joins words.
#[rpc_export]
fn spaced(#[args] words: Vec<String>, #[default(" ")] between: &str) -> String {
    words.join(between)
}

/// Adds any numbers.
#[rpc_export]
fn sum_of_many(#[args] numbers: &[i64]) -> i64 {
    numbers.iter().sum()
}

/// Has a default of every kind that is passed in its own way.
#[rpc_export]
fn defaults(
    #[default("x")] text: &str,
    #[default("y".into())] owned: String,
    #[default(&[1, 2])] numbers: &[i64],
    #[default(b"z")] bytes: &[u8],
    #[default(1.5)] float: f64,
    #[default(Some(7))] option: Option<i64>,
) -> String {
    format!("{text} {owned} {numbers:?} {bytes:?} {float} {option:?}")
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    registry
}

#[test]
fn an_option_may_be_given_for_a_parameter_with_a_default() {
    both_ways!(registry(), |client| {
        let (something, nothing) = (Some(3), None::<i64>);
        assert_eq!(call!(client.add(1, 2, c = something)).unwrap(), 6);
        assert_eq!(call!(client.add(1, 2, c = nothing)).unwrap(), 13);
        assert_eq!(call!(client.add(1, 2, nothing)).unwrap(), 13);
        assert_eq!(call!(client.add(1, 2, c = None)).unwrap(), 13);
        assert_eq!(client.add(1, 2).c(nothing).call().unwrap(), 13);
        assert_eq!(client.add(1, 2).c(-3).call().unwrap(), 0);
        assert_eq!(call!(client.add(1, 2, c = "4".parse::<i64>().ok())).unwrap(), 7);

        let all = "x y [1, 2] [122] 1.5 Some(7)";
        assert_eq!(call!(client.defaults()).unwrap(), all);
        let left_out = call!(client.defaults(
            text = None,
            owned = None,
            numbers = None,
            bytes = None,
            float = None
        ));
        assert_eq!(left_out.unwrap(), all);
        let name = String::from("ada");
        let given = call!(client.defaults(
            text = &name,
            owned = "b",
            numbers = &vec![3],
            bytes = &name.as_bytes()[..1],
            float = 2.0,
            option = None
        ));
        assert_eq!(given.unwrap(), "ada b [3] [97] 2 None");
        let given = call!(client.defaults(
            text = Some(&*name),
            owned = Some("b".to_owned()),
            numbers = &[4, 5],
            option = 8
        ));
        assert_eq!(given.unwrap(), "ada b [4, 5] [122] 1.5 Some(8)");
    });
}

#[test]
fn keywords_go_wherever_a_call_goes() {
    for model in [Model::ThreadPerConnection, Model::EventLoop] {
        let server = model.start(RpcServer::of(registry()));
        let client = RpcClient::connect(server.address()).unwrap();
        let started = start!(client.add(1, c = 3, b = 2)).unwrap();
        assert_eq!(started.wait().unwrap(), 6);
        notify!(client.count_up(by = 4)).unwrap();
        assert_eq!(call!(client.count_up(by = 0)).unwrap(), 4);
        let together =
            client.batch(|calls| (call!(calls.add(1, b = 2)), call!(calls.halve(n = 4))));
        assert_eq!(together.unwrap(), (13, 2));
        let together = client.batch(|calls| {
            (call!(first::place::place(calls, 2, b = 3)), call!(second::place::place(calls, 2)))
        });
        assert_eq!(together.unwrap(), (5, 2));
        let started = start!(first::place::place(&client, b = 2, a = 4)).unwrap();
        assert_eq!(started.wait().unwrap(), 6);
        let started = start!(client.settings("b", ..kwargs! { x: 5 })).unwrap();
        assert_eq!(started.wait().unwrap(), r#"b [] {"x":5}"#);
        let kept = call!(Prepare.add(b = 2, a = 1)).unwrap();
        assert_eq!(kept.send(&client).unwrap(), 13);

        run(async {
            let client = RpcClient::builder().connect_async(server.address()).await.unwrap();
            let started = start!(client.add(1, c = 3, b = 2)).unwrap();
            assert_eq!(started.await.unwrap(), 6);
            notify!(client.count_up(by = 5)).await.unwrap();
            assert_eq!(call!(client.count_up(by = 0)).await.unwrap(), 9);
        });
    }
}

#[test]
fn text_that_is_lent_is_given_where_strings_are_gathered() {
    both_ways!(registry(), |client| {
        assert_eq!(call!(client.spaced("a", "b".to_owned(), between = "-")).unwrap(), "a-b");
        assert_eq!(call!(client.spaced(words = ["a", "b"])).unwrap(), "a b");
        assert_eq!(client.spaced().words(vec!["a".to_owned()]).call().unwrap(), "a");
        let lent = String::from("b");
        assert_eq!(call!(client.spaced("a", &lent, lent.to_uppercase())).unwrap(), "a b B");
    });
}

#[test]
fn any_number_of_positions_may_be_written() {
    both_ways!(registry(), |client| {
        let sum = call!(client.sum_of_many(
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
        ));
        assert_eq!(sum.unwrap(), 253);
    });
}

#[derive(Serialize)]
struct Options<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<i64>,
    #[serde(flatten)]
    others: HashMap<&'a str, i64>,
}

#[test]
fn arguments_are_tuples_structs_maps_and_json() {
    both_ways!(registry(), |client| {
        let options = Options { c: Some(3), others: HashMap::from([("b", 2)]) };
        assert_eq!(client.call::<i64>("add", (1,), &options).unwrap(), 6);
        let options = Options { c: None, others: HashMap::from([("b", 2)]) };
        assert_eq!(client.call::<i64>("add", (1,), options).unwrap(), 13);
        assert_eq!(client.call::<i64>("add", (1, 2, 3), ()).unwrap(), 6);
        assert_eq!(client.call::<String>("spaced", ("a", 'b', "c"), ()).unwrap(), "a b c");
        assert_eq!(
            client.call::<i64>("add", (), Some(HashMap::from([("a", 1), ("b", 2)]))).unwrap(),
            13
        );

        // A name and arguments that are known only at run time.
        let (name, positions, keywords) = (String::from("add"), json!([1]), json!({ "b": 2 }));
        assert_eq!(client.call::<Value>(&name, positions, &keywords).unwrap(), json!(13));
        let map = Map::from_iter([("a".to_owned(), json!(1)), ("b".to_owned(), json!(2))]);
        assert_eq!(client.call::<Value>(&name, (), map).unwrap(), json!(13));
    });
}

#[test]
fn what_is_no_list_or_no_object_is_said_to_be_none() {
    let client = registry();
    let refusal = |outcome: Result<i64, Error>| match outcome.unwrap_err() {
        Error::Misuse(misuse @ Misuse::Argument(_)) => misuse.to_string(),
        other => panic!("{other}"),
    };
    let message = refusal(client.call("add", json!({ "a": 1 }), ()));
    assert!(message.contains("arguments by position are an array"), "{message}");
    for (message, what) in [
        (refusal(client.call("add", (1,), 5)), "a number"),
        (refusal(client.call("add", (1,), "b")), "a text"),
        (refusal(client.call("add", (1,), vec![1])), "a list"),
        (refusal(client.call("add", (1,), json!([1]))), "a list"),
        (refusal(client.call("add", (1,), HashMap::from([(1, 2)]))), "one of other keys"),
    ] {
        let text = format!("keyword arguments are a struct, or a map of names, and {what} is none");
        assert!(message.contains(&text), "{message}");
    }
    let message = refusal(client.call("add", (1,), kwargs! { b: f64::NAN }));
    assert!(message.contains("argument `b` cannot be sent: NaN"), "{message}");
    let message = refusal(client.call("add", (1,), HashMap::from([("b", f64::NAN)])));
    assert!(message.contains("argument `b` cannot be sent: NaN"), "{message}");
    let message = refusal(client.call("add", (1, f64::NAN), ()));
    assert!(message.contains("argument 2 by position cannot be sent: NaN"), "{message}");
}

#[test]
fn batches_are_of_any_size_and_shape() {
    let server = Model::EventLoop.start(RpcServer::of(registry()));
    let client = RpcClient::connect(server.address()).unwrap();
    let array = client.batch(|calls| [1, 2, 3].map(|n| calls.add(n, 0).call()));
    assert_eq!(array.unwrap(), [11, 12, 13]);
    let twelve = client.batch(|calls| {
        let one = |n| calls.add(n, 0).call();
        let text = |word: &str| call!(calls.spaced(word));
        (
            one(1),
            text("a"),
            one(3),
            one(4),
            one(5),
            one(6),
            one(7),
            one(8),
            one(9),
            one(10),
            text("b"),
            one(12),
        )
    });
    let (first, word, .., last) = twelve.unwrap();
    assert_eq!((first, &*word, last), (11, "a", 22));
    let nested = client.batch(|calls| {
        let one = |n| calls.add(n, 0).call();
        ((one(1), one(2)), [one(3), one(4)], vec![(one(5), one(6))])
    });
    assert_eq!(nested.unwrap(), ((11, 12), [13, 14], vec![(15, 16)]));
    let asked = client.batch(|calls| Ok((calls.add(1, 2).call()?, calls.halve(4).call()?)));
    assert_eq!(asked.unwrap(), (13, 2));
    let outcomes = client.batch_outcomes(|calls| [calls.halve(4).call(), calls.halve(5).call()]);
    assert!(matches!(outcomes, [Ok(2), Err(CallError::Function(_))]));
    let unsent: Result<Vec<i64>, Error> =
        client.batch(|calls| {
            (1..=3)
                .map(|n| {
                    if n == 2 { calls.call("add", (f64::NAN,), ()) } else { calls.add(n, 0).call() }
                })
                .collect::<Result<Vec<_>, _>>()
        });
    assert!(matches!(unsent, Err(Error::Misuse(Misuse::Argument(_)))), "{unsent:?}");

    run(async {
        let client = RpcClient::builder().connect_async(server.address()).await.unwrap();
        let array = client.batch(|calls| [1, 2, 3].map(|n| calls.add(n, 0).call())).await;
        assert_eq!(array.unwrap(), [11, 12, 13]);
        let nested = client.batch(|calls| {
            let one = |n| calls.add(n, 0).call();
            ((one(1), one(2)), [one(3), one(4)], call!(calls.spaced("a", "b")))
        });
        assert_eq!(nested.await.unwrap(), ((11, 12), [13, 14], "a b".to_owned()));
    });
}

/// Says what it was given.
#[rpc_export]
fn settings(name: &str, #[args] more: &[i64], #[kwargs] options: Map<String, Value>) -> String {
    format!("{name} {more:?} {}", Value::Object(options))
}

#[test]
fn what_a_function_gathers_of_keywords_is_given_without_a_name() {
    both_ways!(registry(), |client| {
        let said = call!(client.settings("a", 1, 2, ..kwargs! { x: 5, y: "z" })).unwrap();
        assert_eq!(said, r#"a [1, 2] {"x":5,"y":"z"}"#);
        let options = HashMap::from([("x", 5)]);
        assert_eq!(call!(client.settings(name = "a", ..&options)).unwrap(), r#"a [] {"x":5}"#);
    });
}

mod first {
    #[rpc_core::rpc_export(name = "first.place")]
    pub(super) fn place(a: i64, #[default(1)] b: i64) -> i64 {
        a + b
    }
}

mod second {
    #[rpc_core::rpc_export(name = "second.place")]
    pub(super) fn place(a: i64, #[default(1)] b: i64) -> i64 {
        a * b
    }
}

#[test]
fn of_two_stubs_the_path_says_which_and_what_rustc_proposes_compiles() {
    both_ways!(registry(), |client| {
        assert_eq!(call!(first::place::place(&client, 2, b = 3)).unwrap(), 5);
        assert_eq!(call!(second::place::place(&client, 2, b = 3)).unwrap(), 6);
        assert_eq!(call!(second::place::__call_place(&client)(2, 4)).unwrap(), 8);
        assert_eq!(call!(client.__call_add(1, 2, c = 3)).unwrap(), 6);
    });
}
