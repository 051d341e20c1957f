//! A registry says of which exported types no instance is registered.

#![allow(clippy::unused_self, clippy::unwrap_used, unreachable_pub)]

use rpc_core::{FunctionRegistry, rpc_export};

struct Bank;

#[rpc_export]
impl Bank {
    pub fn balance(&self) -> u64 {
        7
    }
}

#[rpc_export(more, stub = BankAdminStub)]
impl Bank {
    pub fn close(&self) {}
}

/// Has a method of the same name.
struct Account;

#[rpc_export(stub = AccountStub)]
impl Account {
    pub fn balance(&self) -> u64 {
        8
    }
}

#[rpc_export]
trait Weather {
    fn today(&self) -> String;
}

impl Weather for Bank {
    fn today(&self) -> String {
        "fair".to_owned()
    }
}

/// Those of this file.
fn missing(registry: &FunctionRegistry) -> Vec<&'static str> {
    let mut missing = registry.missing_instances();
    missing.retain(|name| ["Account", "Bank", "Weather", "WeatherService"].contains(name));
    missing
}

#[test]
fn types_without_an_instance_are_named_until_they_have_one() {
    let mut registry = FunctionRegistry::exported();
    assert_eq!(missing(&registry), ["Account", "Bank", "WeatherService"]);
    registry.register_instance_at("bank", Bank).unwrap();
    assert_eq!(missing(&registry), ["Account", "WeatherService"]);
    registry.register_instance(Account).unwrap();
    registry.register_instance(WeatherService(Bank)).unwrap();
    assert_eq!(missing(&registry), [""; 0]);
}
