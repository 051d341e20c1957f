//! The functions of a module are exported under its name.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

use rpc_core::{FunctionRegistry, Stub, args, call};
use tests::both_ways;

/// Arithmetic.
#[rpc_core::rpc_export]
pub mod math {
    #![allow(clippy::must_use_candidate)]

    use super::Number;

    const ONE: Number = 1;

    /// Adds.
    pub fn add(a: Number, #[default(ONE)] b: Number) -> Number {
        helper(a) + b
    }

    #[rpc_export(name = "minus", idempotent)]
    pub fn subtract(a: Number, b: Number) -> Number {
        a - b
    }

    #[rpc_export(skip)]
    pub fn not_for_others<T: Copy>(value: T) -> T {
        value
    }

    fn helper(a: Number) -> Number {
        not_for_others(a)
    }

    #[rpc_export]
    pub(super) fn for_some(a: Number) -> Number {
        a
    }

    #[cfg(any())]
    pub fn absent(value: NoSuchType) -> NoSuchType {
        value
    }

    /// Arithmetic further down.
    pub mod deep {
        /// Multiplies.
        pub fn multiply(a: i64, b: i64) -> i64 {
            a * b
        }

        #[rpc_export(name = "x.y")]
        pub mod renamed {
            pub async fn negate(a: i64) -> i64 {
                -a
            }
        }

        #[rpc_export(skip)]
        pub mod skipped {
            pub fn identity<T>(a: T) -> T {
                a
            }
        }
    }

    mod private {
        #[allow(dead_code)]
        pub fn identity<T>(a: T) -> T {
            a
        }
    }
}

type Number = i64;

/// Another module with a function of the same name.
#[rpc_core::rpc_export(name = "text")]
mod strings {
    pub fn add(a: &str, b: &str) -> String {
        format!("{a}{b}")
    }
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported()
}

#[test]
fn the_functions_of_a_module_are_called_by_its_name_and_theirs() {
    both_ways!(registry(), |client| {
        {
            use math::deep::multiply;
            use math::deep::renamed::negate;
            use math::{add, for_some, subtract};
            assert_eq!(client.add(2).call().unwrap(), 3);
            assert_eq!(call!(client.add(2, b = 3)).unwrap(), 5);
            assert_eq!(client.subtract(2, 3).call().unwrap(), -1);
            assert_eq!(client.multiply(2, 3).call().unwrap(), 6);
            assert_eq!(client.negate(2).call().unwrap(), -2);
            assert_eq!(client.for_some(2).call().unwrap(), 2);
        }
        {
            use strings::add;
            assert_eq!(client.add("a", "b").call().unwrap(), "ab");
        }
        assert_eq!(client.call::<i64>("math.add", args![1, 2], ()).unwrap(), 3);
        assert_eq!(client.call::<i64>("math.deep.x.y.negate", args![1], ()).unwrap(), -1);
        assert_eq!(client.at("math").call::<i64>("minus", args![1, 2], ()).unwrap(), -1);
    });
}

#[test]
fn the_listing_has_what_is_public_and_not_left_out() {
    let registry = registry();
    let names = registry.functions().map(|function| function.name().to_owned());
    let names: Vec<_> =
        names.filter(|name| name.starts_with("math.") || name.starts_with("text.")).collect();
    assert_eq!(
        names,
        [
            "math.add",
            "math.deep.multiply",
            "math.deep.x.y.negate",
            "math.for_some",
            "math.minus",
            "math.weigh",
            "text.add",
        ]
    );
}

#[test]
fn the_module_stays_as_it_is() {
    assert_eq!(math::add(1, 2), 3);
    assert_eq!(math::not_for_others('a'), 'a');
    assert_eq!(math::deep::skipped::identity(1), 1);
}
