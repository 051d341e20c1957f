//! Functions that answer with many items, called in the same process.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rpc_core::client::Streaming;
use rpc_core::protocol::code;
use rpc_core::{
    CallError, Error, Fault, FunctionRegistry, JsonRpc, State, Stub, args, call, kwargs, rpc_export,
};
use tests::{Refusal, breaks, few, few_in_a_box, numbers, paced, pieces, some, split};

/// How many items were asked for, and whether the function is still there.
#[derive(Debug, Default)]
struct Asked(AtomicU64);

/// Numbers without end.
#[rpc_export]
fn counted(asked: State<Arc<Asked>>) -> impl Iterator<Item = u64> {
    let asked = Arc::clone(&asked);
    (0..).inspect(move |_| _ = asked.0.fetch_add(1, Ordering::SeqCst))
}

fn registry() -> (FunctionRegistry, Arc<Asked>) {
    let (mut registry, asked) = (FunctionRegistry::exported(), Arc::<Asked>::default());
    registry.share(Arc::clone(&asked));
    (registry, asked)
}

#[test]
fn a_registry_has_items_as_a_client_does() {
    let (registry, _) = registry();
    let values = |items: Vec<Result<u64, Error>>| -> Vec<u64> {
        items.into_iter().map(Result::unwrap).collect()
    };
    assert_eq!(values(call!(registry.numbers(1, 3)).unwrap().collect()), [1, 2, 3]);
    assert!(call!(registry.numbers(1, 0)).unwrap().next().is_none());
    let many = values(call!(registry.numbers(1, 100_000)).unwrap().collect());
    assert!(many.into_iter().eq(1..=100_000));
    assert_eq!(values(call!(registry.paced(1, 4)).unwrap().collect()), [0, 1, 2, 3]);
    assert_eq!(call!(registry.some(2)).unwrap().count(), 2);
    let words: Vec<_> = call!(registry.split("two words")).unwrap().map(Result::unwrap).collect();
    assert_eq!(words, ["two", "words"]);
    let sizes: Vec<_> = call!(registry.pieces(vec![1, 70_000]))
        .unwrap()
        .map(|piece| piece.unwrap().len())
        .collect();
    assert_eq!(sizes, [1, 70_000]);
    let by_name = registry.stream::<u64>("numbers", args![1], kwargs! { to: 2 }).unwrap();
    assert_eq!(values(by_name.collect()), [1, 2]);
    // What a layer around it is given, and a stub of a stub.
    let stack = JsonRpc::new(registry);
    assert_eq!(call!(stack.numbers(1, 2)).unwrap().count(), 2);
}

#[test]
fn errors_are_the_last_item() {
    let (registry, _) = registry();
    let mut items: Vec<_> = call!(registry.few(2)).unwrap().collect();
    assert!(matches!(items.pop(), Some(Err(CallError::Function(Refusal::Missing(2))))));
    assert_eq!(items.len(), 2);
    let mut items: Vec<_> = call!(registry.few_in_a_box(0)).unwrap().collect();
    assert!(matches!(items.pop(), Some(Err(CallError::Function(Refusal::Missing(0))))));
    assert!(matches!(call!(registry.some(0)).unwrap().next(), Some(Err(CallError::Function(_)))));
    let last = call!(registry.breaks(1)).unwrap().last().unwrap().unwrap_err();
    assert_eq!(last.fault().map(Fault::code), Some(code::INTERNAL_ERROR));
    let mut unknown = registry.stream::<u64>("nambers", args![], kwargs! {}).unwrap();
    assert!(unknown.next().unwrap().unwrap_err().to_string().contains("did you mean `numbers`"));
    assert!(unknown.next().is_none());
    let mut value = registry.stream::<u64>("repeat", args!["x", 2], kwargs! {}).unwrap();
    assert!(value.next().unwrap().unwrap_err().to_string().contains("answers with one value"));
    let slow = registry.within(Duration::from_millis(30));
    let late = call!(slow.paced(20, 100)).unwrap().last().unwrap().unwrap_err();
    assert_eq!(late.fault().map(Fault::code), Some(code::TIMED_OUT));
}

#[test]
fn a_function_is_asked_as_its_items_are_taken() {
    let (registry, asked) = registry();
    let mut items = call!(registry.counted()).unwrap();
    assert_eq!(asked.0.load(Ordering::SeqCst), 0);
    assert_eq!(items.next().unwrap().unwrap(), 0);
    assert!(asked.0.load(Ordering::SeqCst) < 20_000);
    drop(items);
    assert_eq!(Arc::strong_count(&asked), 2);
}
