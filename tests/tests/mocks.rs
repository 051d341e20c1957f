//! Closures answer typed stubs in place of the functions, with defaults and keywords.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use examples::{add, greet};
use rpc_core::client::AnyClient;
use rpc_core::protocol::code;
use rpc_core::types::Bytes;
use rpc_core::{FunctionRegistry, Stub, args, call, kwargs, rpc_export};
use tests::note;

/// What a shop serves somewhere else.
#[rpc_export]
pub trait Shop {
    /// Says what an article costs.
    fn price(
        &self,
        sku: &str,
        #[default("EUR".to_owned())] currency: String,
        #[default(1)] count: u32,
        #[default(u64::MAX)] budget: u64,
        discount: Option<f64>,
    ) -> String;

    /// Adds up.
    fn total(&self, #[args] prices: Vec<i64>, #[kwargs] options: BTreeMap<String, i64>) -> i64;
}

/// Counts bytes.
#[rpc_export]
fn size(data: Bytes<'_>, #[default(false)] doubled: bool) -> usize {
    data.len() * if doubled { 2 } else { 1 }
}

fn mock() -> FunctionRegistry {
    let mut mock = FunctionRegistry::new();
    let price =
        |sku: String, currency: String, count: u32, budget: Option<u64>, discount: Option<f64>| {
            format!("{sku} {currency} {count} {budget:?} {discount:?}")
        };
    mock.register("price", price).unwrap();
    mock.register("shop.price", price).unwrap();
    mock.register("total", |prices: Vec<i64>, options: BTreeMap<String, i64>| {
        prices.iter().sum::<i64>() * options.get("times").copied().unwrap_or(1)
            + i64::try_from(options.len()).unwrap()
    })
    .unwrap();
    mock.register("add", |a: i64, b: i64, c: i64| a * 100 + b * 10 + c).unwrap();
    mock.register("greet", |name: String, greeting: String, excited: bool| {
        format!("{name}: {greeting} {excited}")
    })
    .unwrap();
    mock.register("size", |data: Bytes<'static>, doubled: bool| (data.into_vec(), doubled).0.len())
        .unwrap();
    mock
}

#[test]
fn a_closure_answers_with_defaults_and_keywords() {
    let mock = mock();
    assert_eq!(call!(mock.price("tea")).unwrap(), "tea EUR 1 None None");
    let usd = || "USD".to_owned();
    assert_eq!(call!(mock.price("tea", currency = usd())).unwrap(), "tea USD 1 None None");
    let all = call!(mock.price("a\"b,]", discount = 0.5, budget = 7, count = 2, currency = usd()));
    assert_eq!(all.unwrap(), "a\"b,] USD 2 Some(7) Some(0.5)");
    assert_eq!(mock.at("shop").price("tea").count(3).call().unwrap(), "tea EUR 3 None None");
    assert_eq!(call!(mock.add(1, 2)).unwrap(), 130);
    assert_eq!(call!(mock.add(c = 3, b = 2, a = 1)).unwrap(), 123);
    assert_eq!(call!(mock.greet("Ada", excited = true)).unwrap(), "Ada: Hello true");
    assert_eq!(call!(mock.size(Bytes::from(vec![1, 2, 3]))).unwrap(), 3);
}

#[test]
fn what_variadic_parameters_gather_is_a_list_and_a_map() {
    let mock = mock();
    assert_eq!(call!(mock.total()).unwrap(), 0);
    assert_eq!(call!(mock.total(1, 2, 3)).unwrap(), 6);
    assert_eq!(
        mock.total().prices([1, 2]).options(kwargs! { times: 2, other: 1 }).call().unwrap(),
        8
    );
}

#[test]
fn a_mock_has_no_type_if_none_is_wanted_and_is_called_by_name_too() {
    let client = AnyClient::new(mock());
    assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 123);
    assert_eq!(client.at("shop").price("tea").call().unwrap(), "tea EUR 1 None None");
    assert_eq!(client.call::<i64>("add", args![1, 2, 3], ()).unwrap(), 123);
    let names = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap_err();
    assert_eq!(names.fault().unwrap().code(), code::INVALID_PARAMS);
}

#[test]
fn a_mock_is_notified_and_says_what_it_does_not_know() {
    let count = Arc::new(AtomicU64::new(0));
    let mut mock = FunctionRegistry::new();
    let counted = Arc::clone(&count);
    mock.register("add", move |_: i64, _: i64, c: u64| {
        counted.fetch_add(c, Ordering::Relaxed);
    })
    .unwrap();
    rpc_core::client::Notify::notify(
        &mock,
        call!(rpc_core::client::Prepare.add(1, 2)).unwrap().call().invocation(),
    )
    .unwrap();
    mock.add(1, 2).c(5).notify().unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 15);
    let unknown = call!(mock.note("x")).unwrap_err();
    assert_eq!(unknown.fault().unwrap().code(), code::METHOD_NOT_FOUND);
    // A function that is exported is bound by its names, as ever.
    let exported = FunctionRegistry::exported();
    assert_eq!(
        call!(exported.note("x", tags = vec!["y".to_owned()])).unwrap(),
        "x, None, Some([\"y\"])"
    );
}
