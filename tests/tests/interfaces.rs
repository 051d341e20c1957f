//! A trait says what can be called; one side implements it, the other needs nothing but the trait.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

use rpc_core::{CallError, FunctionRegistry, RpcClient, RpcServer, Stub, args, call, kwargs};
use tests::{Model, both_ways};

/// What both sides know.
mod api {
    use rpc_core::{CallContext, rpc_export};

    /// Arithmetic.
    #[rpc_export]
    pub trait Arithmetic {
        /// The number that is added when no other is given.
        const USUAL: i64;

        /// Adds numbers.
        fn add(&self, a: i64, b: i64, #[default(Self::USUAL)] c: i64) -> i64;

        /// Divides, where that can be done.
        fn divide(&self, a: i64, b: i64) -> Result<i64, String> {
            a.checked_div(b).ok_or_else(|| format!("{a} / {b}"))
        }

        /// Adds, some time.
        async fn add_later(
            &self,
            context: &CallContext,
            numbers: &[i64],
            note: Option<&str>,
        ) -> String;

        /// Says which way the call came, some time.
        #[rpc_export(name = "way")]
        async fn which_way(&self, context: &CallContext) -> String {
            context.protocol().to_owned()
        }

        /// Is of no concern to callers.
        #[rpc_export(skip)]
        fn describe<W: std::fmt::Write>(&self, to: &mut W);
    }
}

use api::{Arithmetic, ArithmeticService, ArithmeticStub};

struct Calculator {
    offset: i64,
}

impl Arithmetic for Calculator {
    const USUAL: i64 = 10;

    fn add(&self, a: i64, b: i64, c: i64) -> i64 {
        self.offset + a + b + c
    }

    async fn add_later(
        &self,
        _: &rpc_core::CallContext,
        numbers: &[i64],
        note: Option<&str>,
    ) -> String {
        let sum: i64 = std::future::ready(numbers.iter().sum()).await;
        format!("{}{}", note.unwrap_or_default(), self.offset + sum)
    }

    fn describe<W: std::fmt::Write>(&self, to: &mut W) {
        let _ = write!(to, "{}", self.offset);
    }
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::new();
    let server = ArithmeticService(Calculator { offset: 1000 });
    registry.register_instance(server).unwrap();
    registry
}

#[test]
fn the_methods_of_a_trait_are_called_on_what_implements_it() {
    both_ways!(registry(), |client| {
        assert_eq!(client.add(1, 2).call().unwrap(), 1013);
        assert_eq!(call!(client.add(1, c = 3, b = 2)).unwrap(), 1006);
        assert_eq!(client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).unwrap(), 1006);
        assert_eq!(client.divide(6, 3).call().unwrap(), 2);
        let Err(CallError::Function(error)) = client.divide(6, 0).call() else { panic!() };
        assert_eq!(error, "6 / 0");
        assert_eq!(client.add_later(&[1, 2]).call().unwrap(), "1003");
        assert_eq!(call!(client.add_later(&[1, 2], note = "sum ")).unwrap(), "sum 1003");
        client.which_way().call().unwrap();
    });
}

#[test]
fn several_implementations_are_served_side_by_side() {
    let mut registry = registry();
    let other = ArithmeticService(Calculator { offset: 0 });
    registry.register_instance_at("plain", other).unwrap();
    let server = Model::ThreadPerConnection.start(RpcServer::of(registry));
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap(), 1013);
    assert_eq!(client.at("plain").add(1, 2).call().unwrap(), 13);
    assert_eq!(client.at("plain").which_way().call().unwrap(), "native");
}

#[test]
fn the_trait_is_a_trait_like_any_other() {
    let calculator = Calculator { offset: 5 };
    assert_eq!(calculator.add(1, 2, 3), 11);
    let mut text = String::new();
    calculator.describe(&mut text);
    assert_eq!(text, "5");
}

#[test]
fn the_listing_has_the_methods_of_the_trait() {
    let registry = registry();
    let functions: Vec<_> = registry.functions().map(ToString::to_string).collect();
    assert_eq!(
        functions,
        [
            "add(a: i64, b: i64, c: i64 = Self::USUAL) -> i64",
            "add_later(numbers: &[i64], note: Option<&str> = None) -> String",
            "divide(a: i64, b: i64) -> Result<i64, String>",
            "way() -> String",
        ]
    );
}

/// An interface as it was, and as it became.
mod versions {
    pub mod old {
        #[rpc_core::rpc_export]
        pub trait Greeter {
            fn greet(&self, name: &str) -> String;
        }
    }

    pub mod new {
        #[rpc_core::rpc_export]
        pub trait Greeter {
            fn greet(
                &self,
                name: &str,
                #[default("Hello".into())] greeting: String,
                times: Option<usize>,
            ) -> String;
        }
    }
}

struct Polite;

impl versions::new::Greeter for Polite {
    fn greet(&self, name: &str, greeting: String, times: Option<usize>) -> String {
        format!("{greeting}, {name}. ").repeat(times.unwrap_or(1)).trim_end().to_owned()
    }
}

#[test]
fn an_old_client_calls_a_new_server() {
    let registry = || {
        let mut registry = FunctionRegistry::new();
        registry.register_instance(versions::new::GreeterService(Polite)).unwrap();
        registry
    };
    both_ways!(registry(), |client| {
        {
            use versions::old::GreeterStub;
            assert_eq!(client.greet("Ada").call().unwrap(), "Hello, Ada.");
        }
        {
            use versions::new::GreeterStub;
            let text = client.greet("Ada").greeting("Hi".to_owned()).times(2).call().unwrap();
            assert_eq!(text, "Hi, Ada. Hi, Ada.");
        }
    });
}
