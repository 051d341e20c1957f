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
