//! What a parameter is when it is left out, and what callers call it.

#![allow(clippy::unwrap_used, missing_docs)]

use rpc_core::{FunctionRegistry, Stub, args, call, kwargs, rpc_export};
use tests::both_ways;

const GREETING: &str = "Hello";

/// Has defaults of every kind.
#[rpc_export]
fn defaults(
    #[default(GREETING)] text: &str,
    #[default(&[1, 2])] numbers: &[i64],
    #[default((|| Some("4".parse::<i64>().ok()? + 1))())] sum: Option<i64>,
    #[default({ let mut all = Vec::new(); for n in 0.. { if n == 3 { break; } all.push(n); } all })]
    all: Vec<i64>,
) -> String {
    format!("{text} {numbers:?} {sum:?} {all:?}")
}

/// Does not use what it is given.
#[rpc_export]
fn unused(_verbose: bool, #[default(1)] _type: i64, _self: Option<i64>) {}

/// Has defaults that are made when they are lent.
#[rpc_export]
fn made(
    #[default(&format!("{GREETING}!"))] text: &str,
    #[default(&vec![1, 2])] numbers: &[i64],
    #[default(&GREETING.to_lowercase())] lower: &str,
) -> String {
    format!("{text} {numbers:?} {lower}")
}

/// The same, some time.
#[rpc_export]
async fn made_later(#[default(&format!("{GREETING}!"))] text: &str) -> String {
    std::future::ready(text.to_owned()).await
}

/// What is counted.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Count(i64);

macro_rules! nested {
    () => {{
        struct Inner(i64);
        impl Inner {
            fn new() -> Self {
                Self(7)
            }
        }
        Self(Inner::new().0).0
    }};
}

#[rpc_export]
impl Count {
    /// Has defaults that name its type.
    #[rpc_export]
    fn sum(
        &self,
        #[default(Self(5).0)] a: i64,
        #[default(nested!())] b: i64,
        #[default(Self::NAMES[0])] name: &str,
    ) -> String {
        format!("{} {name}", self.0 + a + b)
    }

    #[rpc_export]
    async fn later(&self, #[default(Some(Self(1).0))] a: Option<i64>) -> Option<i64> {
        std::future::ready(a).await
    }
}

impl Count {
    const NAMES: [&'static str; 1] = ["one"];
}

/// Has a constant for its defaults.
#[rpc_export]
trait Limited {
    const LIMIT: i64;
    fn limit(&self, #[default(Self::LIMIT)] limit: i64) -> i64;
}

impl Limited for Count {
    const LIMIT: i64 = 9;
    fn limit(&self, limit: i64) -> i64 {
        limit + self.0
    }
}

#[test]
fn a_default_that_is_made_lives_through_the_call() {
    both_ways!(FunctionRegistry::exported(), |client| {
        assert_eq!(client.made().call().unwrap(), "Hello! [1, 2] hello");
        assert_eq!(call!(client.made(numbers = &[3])).unwrap(), "Hello! [3] hello");
        assert_eq!(client.made_later().call().unwrap(), "Hello!");
        assert_eq!(client.made_later().text("Hi").call().unwrap(), "Hi");
    });
}

#[test]
fn self_in_a_default_is_what_it_was() {
    let mut registry = FunctionRegistry::exported();
    registry.register_instance_at("count", Count(1)).unwrap();
    registry.register_instance_at("limited", LimitedService(Count(1))).unwrap();
    both_ways!(registry, |client| {
        let count = client.at("count");
        assert_eq!(count.sum().call().unwrap(), "13 one");
        assert_eq!(count.sum().a(0).name("two").call().unwrap(), "8 two");
        assert_eq!(count.later().call().unwrap(), Some(1));
        assert_eq!(client.at("limited").limit().call().unwrap(), 10);
    });
}

#[test]
fn a_default_is_evaluated_where_it_stands() {
    both_ways!(FunctionRegistry::exported(), |client| {
        assert_eq!(client.defaults().call().unwrap(), "Hello [1, 2] Some(5) [0, 1, 2]");
        let some = client.defaults().text("Hi").numbers(&[]).sum(1).all(vec![]);
        assert_eq!(some.call().unwrap(), "Hi [] Some(1) []");
    });
}

#[test]
fn a_parameter_that_is_not_used_has_its_name_for_callers() {
    both_ways!(FunctionRegistry::exported(), |client| {
        call!(client.unused(verbose = true, r#type = 2)).unwrap();
        client.unused(true).r#type(3)._self(4).call().unwrap();
        client.call::<()>("unused", args![], kwargs! { verbose: false }).unwrap();
        let refusal = client.call::<()>("unused", args![], kwargs! { _verbose: false });
        assert!(refusal.unwrap_err().to_string().contains("did you mean `verbose`?"));
    });
    let registry = FunctionRegistry::exported();
    let signature = registry.functions().find(|function| function.name() == "unused").unwrap();
    assert_eq!(
        signature.to_string(),
        "unused(verbose: bool, type: i64 = 1, _self: Option<i64> = None) -> ()"
    );
}
