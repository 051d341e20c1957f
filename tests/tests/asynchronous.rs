//! An `async fn` is exported and called as any other.

#![allow(clippy::unwrap_used, clippy::unused_async, clippy::too_many_arguments)]

use std::borrow::Cow;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use rpc_core::layer::Parameter;
use rpc_core::{
    CallContext, CallError, FunctionRegistry, State, Stub, args, call, kwargs, rpc_export,
};
use serde::{Deserialize, Serialize};
use tests::both_ways;

/// Lets others run before it goes on.
async fn pause() {
    let mut polls = 0;
    poll_fn(|task| {
        polls += 1;
        task.waker().wake_by_ref();
        if polls > 3 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Adds, some time.
#[rpc_export]
async fn add_later(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    pause().await;
    a + b + c
}

#[derive(Serialize, Deserialize)]
struct Point {
    x: i64,
}

/// Borrows whatever can be borrowed, while others run.
#[rpc_export(name = "borrow.everything", idempotent)]
async fn borrow(
    text: &str,
    bytes: &[u8],
    context: &CallContext,
    numbers: &[i64],
    point: &Point,
    sum: State<AtomicU64>,
    cow: Cow<'_, str>,
    note: Option<&str>,
    #[default("!")] end: &str,
) -> String {
    pause().await;
    let counted = sum.fetch_add(1, Ordering::Relaxed);
    let numbers: i64 = numbers.iter().sum();
    let Point { x } = point;
    format!(
        "{text} {bytes:?} {numbers} {x} {cow} {note:?}{end} {counted} {:?}",
        context.get::<i64>()
    )
}

/// Why there is no root.
#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum NoRoot {
    #[error("{0} is negative")]
    Negative(f64),
}

/// Takes the root.
#[rpc_export]
async fn root(of: f64) -> Result<f64, NoRoot> {
    pause().await;
    if of < 0.0 { Err(NoRoot::Negative(of)) } else { Ok(of.sqrt()) }
}

/// Divides, which has no result for every pair of numbers.
#[rpc_export]
async fn quotient(dividend: f64, divisor: f64) -> f64 {
    dividend / divisor
}

/// Panics when it is on its way.
#[rpc_export]
async fn fall_over() {
    pause().await;
    panic!("a secret");
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    registry
}

#[test]
fn an_async_function_is_called_like_any_other() {
    both_ways!(registry(), |client| {
        assert_eq!(client.add_later(1, 2).call().unwrap(), 13);
        assert_eq!(call!(client.add_later(1, c = 3, b = 2)).unwrap(), 6);
        assert_eq!(client.call::<i64>("add_later", args![1, 2], kwargs! { c: 3 }).unwrap(), 6);
        let refusal = client.call::<i64>("add_later", args![1], ()).unwrap_err();
        assert!(refusal.to_string().contains("missing argument `b`"), "{refusal}");
    });
}

#[test]
fn what_an_async_function_borrows_lives_as_long_as_it_runs() {
    both_ways!(registry(), |client| {
        let point = Point { x: 7 };
        let call = client.borrow("a\n\"b\"", b"\x01\x02", &[3, 4], &point, "ü".into());
        let text = call.call().unwrap();
        assert_eq!(text, "a\n\"b\" [1, 2] 7 7 ü None! 0 None");
        let text =
            call!(client.borrow("a", b"", &[], &point, cow = "b".into(), note = "c", end = "."));
        assert_eq!(text.unwrap(), "a [] 0 7 b Some(\"c\"). 1 None");
    });
}

#[test]
fn the_error_of_an_async_function_comes_back_as_what_it_was() {
    both_ways!(registry(), |client| {
        assert!((client.root(9.0).call().unwrap() - 3.0).abs() < 1e-9);
        let Err(CallError::Function(error)) = call!(client.root(of = -4.0)) else { panic!() };
        assert_eq!(error, NoRoot::Negative(-4.0));
    });
}

#[test]
fn a_result_without_a_json_form_is_an_error() {
    both_ways!(registry(), |client| {
        let refusal = client.quotient(0.0, 0.0).call().unwrap_err();
        let message = refusal.fault().unwrap().message();
        assert!(
            message.starts_with(
                "the function has run, and its result cannot be sent: NaN has no JSON form"
            ),
            "{message}"
        );
    });
}

#[test]
fn what_an_async_function_panics_with_stays_on_the_server() {
    both_ways!(registry(), |client| {
        let refusal = client.fall_over().call().unwrap_err();
        assert_eq!(refusal.fault().unwrap().code(), rpc_core::protocol::code::INTERNAL_ERROR);
        assert!(!refusal.to_string().contains("secret"), "{refusal}");
        assert_eq!(client.add_later(1, 2).call().unwrap(), 13);
    });
}

#[test]
fn the_listing_says_which_functions_are_asynchronous() {
    let registry = registry();
    let borrow = registry.functions().find(|function| function.name() == "borrow.everything");
    let borrow = borrow.unwrap();
    assert!(borrow.is_async() && borrow.is_idempotent() && !borrow.is_blocking());
    let names: Vec<_> = borrow.parameters().iter().map(|Parameter { name, .. }| *name).collect();
    assert_eq!(names, ["text", "bytes", "numbers", "point", "cow", "note", "end"]);
}
