//! Who calls what is not served is told what to do.

#![allow(clippy::unwrap_used, missing_docs)]

use rpc_core::{FunctionRegistry, Stub, args, rpc_export};

pub struct Bank;

#[rpc_export]
impl Bank {
    pub fn deposit(&self, amount: u64) -> u64 {
        amount
    }
}

#[rpc_export]
pub trait Weather {
    fn today(&self) -> String;
}

fn refusal(registry: &FunctionRegistry, method: &str) -> String {
    registry.call::<()>(method, args![], ()).unwrap_err().to_string()
}

#[test]
fn a_method_without_an_instance_is_told_from_a_crate_that_is_not_linked() {
    for mut registry in [FunctionRegistry::new(), FunctionRegistry::exported()] {
        registry.register("add", |a: i64, b: i64| a + b).unwrap();
        for (method, ty) in [
            ("deposit", "Bank"),
            ("bank.deposit", "Bank"),
            ("today", "WeatherService"),
            ("weather.today", "WeatherService"),
        ] {
            let refusal = refusal(&registry, method);
            let advice = format!(
                "no function `{method}` is served here; it is a method of `{ty}`, of which no \
                 instance is registered: `registry.register_instance(…)`"
            );
            assert!(refusal.starts_with(&advice), "{refusal}");
        }
        assert_eq!(refusal(&registry, "mean"), "no function `mean` is served here (code -32601)");
    }
    let refusal = refusal(&FunctionRegistry::new(), "mean");
    assert!(refusal.contains("no instance of `Bank` is registered"), "{refusal}");
}

#[test]
fn a_name_without_what_it_is_registered_at_is_recognised() {
    let mut registry = FunctionRegistry::new();
    registry.register_instance_at("bank", Bank).unwrap();
    registry.register("add", |a: i64, b: i64| a + b).unwrap();
    for (wrong, right) in [
        ("deposit", "bank.deposit"),
        ("deposti", "bank.deposit"),
        ("shop.deposit", "bank.deposit"),
        ("math.add", "add"),
        ("describe", "system.describe"),
    ] {
        let refusal = refusal(&registry, wrong);
        assert!(refusal.contains(&format!("did you mean `{right}`?")), "{refusal}");
    }
}

pub struct Shop;

#[rpc_export]
impl Shop {
    pub fn opened(&self) -> bool {
        true
    }
}

pub struct Park;

#[rpc_export]
impl Park {
    pub fn opened(&self) -> bool {
        false
    }
}

#[test]
fn of_two_types_with_one_method_the_one_that_is_registered_is_not_said_to_be_missing() {
    let mut registry = FunctionRegistry::new();
    registry.register_instance_at("park", Park).unwrap();
    let said = refusal(&registry, "shop.opened");
    for advice in ["did you mean `park.opened`?", "it is a method of `Shop`, of which no instance"]
    {
        assert!(said.contains(advice), "{said}");
    }
    registry.register_instance_at("a.shop.with.a.very.long.name", Shop).unwrap();
    let said = refusal(&registry, "opened");
    assert!(!said.contains("no instance"), "{said}");
}
