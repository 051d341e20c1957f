//! Whatever arguments come, binding them ends in a result or a fault, by Python's rule.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rpc_core::layer::{Dispatch, Ended, Reply};
use rpc_core::protocol::{Call, code};
use rpc_core::{CallContext, FunctionRegistry};
use rpc_core_fuzz::registry;
use serde_json::{Map, Value};

static REGISTRY: LazyLock<FunctionRegistry> = LazyLock::new(registry);

// The input is three texts: a name, positional arguments and keyword arguments, with a byte 0
// between them.
fuzz_target!(|input: &[u8]| {
    let mut texts = input.splitn(3, |&byte| byte == 0).map(str::from_utf8);
    let (Some(Ok(name)), Some(Ok(args)), Some(Ok(kwargs))) =
        (texts.next(), texts.next(), texts.next())
    else {
        return;
    };
    let Ok(call) = Call::new(name, args, kwargs) else { return };
    assert_eq!(call.positional().iter().count(), call.positional().len());
    assert_eq!(call.keyword().iter().count(), call.keyword().len());
    for text in call.positional().iter().chain(call.keyword().iter().map(|(_, text)| text)) {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
    }

    let bound = run(&call);
    if name == "pick"
        && let (Ok(args), Ok(members)) = (serde_json::from_str(args), serde_json::from_str(kwargs))
    {
        let members: Map<String, Value> = members;
        if members.len() == call.keyword().len() {
            assert_eq!(bound, pick(args, members));
        }
    }
});

/// Runs the call; the result, where there is one.
fn run(call: &Call<'_>) -> Option<Value> {
    let mut out = b"before".to_vec();
    let mut reply = Reply::new(&mut out);
    let outcome = REGISTRY.dispatch(call, &CallContext::default(), &mut reply);
    match outcome.ended(&reply)? {
        Ended::Returned(result) => Some(serde_json::from_str(result).expect("a result is JSON")),
        Ended::Failed(fault) => {
            let expected = [code::INVALID_PARAMS, code::METHOD_NOT_FOUND, code::INTERNAL_ERROR];
            assert!(expected.contains(&fault.code()), "{fault}");
            assert!(fault.message().len() < 2000, "{fault}");
            None
        }
        _ => None,
    }
}

/// Binds `pick(a, b = None, c = "default")` as Python does.
fn pick(args: Vec<Value>, mut members: Map<String, Value>) -> Option<Value> {
    let given = args.len();
    let mut args = args.into_iter();
    let mut values = ["a", "b", "c"].map(|name| match (args.next(), members.remove(name)) {
        (Some(_), Some(_)) => Err(()),
        (by_position, by_name) => Ok(by_position.or(by_name)),
    });
    if given > 3 || !members.is_empty() {
        return None;
    }
    let mut take = |index: usize| std::mem::replace(&mut values[index], Ok(None)).ok();
    let (a, b, c) = (take(0)?, take(1)?, take(2)?);
    Some(Value::from(vec![a?, b.unwrap_or_default(), c.unwrap_or_else(|| "default".into())]))
}
