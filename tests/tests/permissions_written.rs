//! Who may call is written on functions, methods, blocks, traits and modules; the nearest counts.

#![allow(clippy::unwrap_used, clippy::unused_self, unreachable_pub)]

use rpc_core::{FunctionRegistry, rpc_export};

#[rpc_export(allow = "admin")]
mod desk {
    pub fn close() {}

    #[rpc_export(allow = "*")]
    pub fn hours() {}

    #[rpc_export(allow("vault", "admin"))]
    pub mod vault {
        pub fn open() {}

        #[rpc_export(allow = "guard")]
        pub fn look() {}
    }

    pub mod back {
        pub fn count() {}
    }

    pub struct Clerk;

    #[rpc_core::rpc_export]
    impl Clerk {
        pub fn greet(&self) {}
    }

    pub struct Guard;

    #[rpc_core::rpc_export(allow = "guard", stub = GuardOfTheDesk,)]
    impl Guard {
        pub fn watch(&self) {}
    }

    #[rpc_core::rpc_export(stub = LampStub,)]
    pub(crate) trait Lamp {
        fn shine(&self);
    }
}

struct Bank;

#[rpc_export(allow = "bank:write")]
impl Bank {
    pub fn withdraw(&self) {}

    #[rpc_export(allow("bank:read", "bank:write"))]
    pub fn balance(&self) {}
}

#[rpc_export(allow = "shop")]
pub(crate) trait Shop {
    fn sell(&self);

    #[rpc_export(allow = "*", read_only)]
    fn price(&self);
}

impl Shop for Bank {
    fn sell(&self) {}
    fn price(&self) {}
}

impl desk::Lamp for Bank {
    fn shine(&self) {}
}

#[rpc_export]
fn plain() {}

#[test]
fn the_nearest_counts() {
    let mut registry = FunctionRegistry::exported();
    registry.register_instance_at("bank", Bank).unwrap();
    registry.register_instance_at("shop", ShopService(Bank)).unwrap();
    registry.register_instance_at("clerk", desk::Clerk).unwrap();
    registry.register_instance_at("guard", desk::Guard).unwrap();
    registry.register_instance_at("lamp", desk::LampService(Bank)).unwrap();
    registry.register("closure", || ()).unwrap();
    let check = |registry: &FunctionRegistry, name: &str, expected: &[&str]| {
        let function = registry.functions().find(|one| one.name() == name).unwrap();
        assert_eq!(function.permissions().collect::<Vec<_>>(), expected, "{name}");
    };
    for (name, permissions) in [
        ("desk.close", &["admin"] as &[_]),
        ("desk.hours", &["*"]),
        ("desk.vault.open", &["vault", "admin"]),
        ("desk.vault.look", &["guard"]),
        ("desk.back.count", &["admin"]),
        ("clerk.greet", &["admin"]),
        ("guard.watch", &["guard"]),
        ("lamp.shine", &["admin"]),
        ("bank.withdraw", &["bank:write"]),
        ("bank.balance", &["bank:read", "bank:write"]),
        ("shop.sell", &["shop"]),
        ("shop.price", &["*"]),
        ("plain", &[]),
        ("closure", &[]),
    ] {
        check(&registry, name, permissions);
    }
    registry.allow("closure", ["a", "b"]).unwrap().allow("bank.withdraw", "teller").unwrap();
    check(&registry, "closure", &["a", "b"]);
    check(&registry, "bank.withdraw", &["teller"]);
}
