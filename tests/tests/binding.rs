//! Arguments are bound to parameters as Python binds them.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::Stdio;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rpc_core::{RpcServer, rpc_export};
use serde_json::{Value, json};
use tests::{FRAMINGS, Model, Peer, python};

type Values = Vec<Option<i64>>;

#[rpc_export]
fn nullary() -> Values {
    vec![]
}

#[rpc_export]
fn unary(a: i64) -> Values {
    vec![Some(a)]
}

#[rpc_export]
fn binary(a: i64, b: i64) -> Values {
    vec![Some(a), Some(b)]
}

#[rpc_export]
fn ternary(a: i64, b: i64, #[default(10)] c: i64) -> Values {
    vec![Some(a), Some(b), Some(c)]
}

#[rpc_export]
fn defaults(#[default(1)] a: i64, #[default(2)] b: i64, #[default(3)] c: i64) -> Values {
    vec![Some(a), Some(b), Some(c)]
}

#[rpc_export]
fn optional(a: i64, b: Option<i64>, #[default(3)] c: i64, d: Option<i64>) -> Values {
    vec![Some(a), b, Some(c), d]
}

/// The functions above as Python writes them: names, and what they are when left out.
const SIGNATURES: [(&str, &str); 6] = [
    ("nullary", ""),
    ("unary", "a"),
    ("binary", "a, b"),
    ("ternary", "a, b, c=10"),
    ("defaults", "a=1, b=2, c=3"),
    ("optional", "a, b=None, c=3, d=None"),
];

/// A call of one of the functions.
#[derive(Debug, Clone)]
struct Case {
    function: &'static str,
    signature: &'static str,
    args: Vec<i64>,
    kwargs: Vec<(&'static str, i64)>,
}

/// What comes of a call: values in the order of the parameters, or what is wrong and with whom.
#[derive(Debug, PartialEq)]
enum Outcome {
    Bound(Values),
    Refused(&'static str, Vec<String>),
}
use Outcome::{Bound, Refused};

fn cases() -> impl Strategy<Value = Case> {
    let names = subsequence(vec!["a", "b", "c", "d", "e", "self", "A"], 0..=4).prop_shuffle();
    (select(&SIGNATURES[..]), vec(0..100_i64, 0..6), names, vec(100..200_i64, 4)).prop_map(
        |((function, signature), args, names, values)| Case {
            function,
            signature,
            args,
            kwargs: names.into_iter().zip(values).collect(),
        },
    )
}

/// Python's rule, as its reference and its interpreter have it.
fn rule(case: &Case) -> Outcome {
    let parameters: Vec<(&str, Option<Option<i64>>)> = case
        .signature
        .split(", ")
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter.split_once('=') {
            Some((name, default)) => (name, Some(default.parse().ok())),
            None => (parameter, None),
        })
        .collect();
    let mut values: Vec<Option<Option<i64>>> =
        case.args.iter().map(|&value| Some(Some(value))).collect();
    values.resize(parameters.len(), None);
    for &(name, value) in &case.kwargs {
        let Some(index) = parameters.iter().position(|&(parameter, _)| parameter == name) else {
            return Refused("unexpected", vec![name.to_owned()]);
        };
        if values[index].replace(Some(value)).is_some() {
            return Refused("given twice", vec![name.to_owned()]);
        }
    }
    if case.args.len() > parameters.len() {
        return Refused("too many", vec![]);
    }
    let bound = parameters.iter().zip(values).map(|(&(_, default), value)| value.or(default));
    let bound: Vec<Option<Option<i64>>> = bound.collect();
    let left_out = parameters.iter().zip(&bound).filter(|(_, value)| value.is_none());
    let left_out: Vec<String> = left_out.map(|((name, _), _)| (*name).to_owned()).collect();
    if left_out.is_empty() {
        Bound(bound.into_iter().flatten().collect())
    } else {
        Refused("missing", left_out)
    }
}

/// What our server makes of it.
fn ours(peer: &mut Peer, case: &Case) -> Outcome {
    let kwargs: Vec<String> =
        case.kwargs.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    let reply = peer.ask(&format!(
        r#"{{"method_name":"{}","method_args":{:?},"method_kwargs":{{{}}}}}"#,
        case.function,
        case.args,
        kwargs.join(",")
    ));
    let reply: Value = serde_json::from_str(&reply).unwrap();
    if let Some(bound) = reply.get("res") {
        return Bound(serde_json::from_value(bound.clone()).unwrap());
    }
    assert_eq!(reply["error"]["code"], -32602);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("`{}`", case.function)), "{message}");
    // The names in the part of the sentence that says what is wrong, without the function's own.
    let said = message.split(';').next().unwrap();
    let names = said.split('`').skip(1).step_by(2).filter(|name| *name != case.function);
    let names: Vec<String> = names.map(str::to_owned).collect();
    let kinds = [
        ("is given twice", "given twice"),
        ("has no parameter", "unexpected"),
        ("by position, but", "too many"),
        ("is missing argument", "missing"),
    ];
    let kind =
        kinds.iter().find(|(text, _)| said.contains(text)).unwrap_or_else(|| panic!("{message}"));
    Refused(kind.1, names)
}

#[test]
fn any_call_is_bound_or_refused_by_pythons_rule() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3000 {
        let case = cases().new_tree(&mut runner).unwrap().current();
        let expected = rule(&case);
        assert_eq!(ours(&mut peer, &case), expected, "{case:?}");
        seen.insert(match expected {
            Bound(_) => "bound",
            Refused(kind, _) => kind,
        });
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
}

#[test]
fn the_rule_is_pythons() {
    let Some(mut command) = python("binding.py") else { return };
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> =
        (0..3000).map(|_| cases().new_tree(&mut runner).unwrap().current()).collect();
    let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = program.stdin.take().unwrap();
    let questions = cases.iter().map(|case| {
        let kwargs: serde_json::Map<String, Value> =
            case.kwargs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!([case.signature, case.args, kwargs]).to_string()
    });
    let questions = questions.collect::<Vec<_>>().join("\n");
    let asking = std::thread::spawn(move || input.write_all(questions.as_bytes()).unwrap());
    let output = program.wait_with_output().unwrap();
    asking.join().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), cases.len());
    for (case, answer) in cases.iter().zip(answers.lines()) {
        // An object has no order here, so of two wrong keywords Python may see the other first.
        let mut case = case.clone();
        case.kwargs.sort_unstable();
        let expected = match rule(&case) {
            Bound(values) => json!({ "bound": values }),
            Refused(kind, names) => {
                let refused: Vec<_> = [kind.to_owned()].into_iter().chain(names).collect();
                json!({ "refused": refused })
            }
        };
        assert_eq!(serde_json::from_str::<Value>(answer).unwrap(), expected, "{case:?}");
    }
}
