//! The methods of a value can be called from elsewhere: it is registered, under a name or without.

#![allow(clippy::unwrap_used, clippy::unused_self, missing_docs, unreachable_pub)]

use rpc_core::error::Misuse;
use rpc_core::protocol::code;
use rpc_core::{CallError, FunctionRegistry, RpcClient, RpcServer, Stub, args, call, kwargs};
use tests::{Model, both_ways};

mod bank {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use rpc_core::{CallContext, State, rpc_export};
    use serde::{Deserialize, Serialize};

    /// Accounts by name.
    #[derive(Debug, Default)]
    pub struct Bank {
        accounts: Mutex<BTreeMap<String, u64>>,
    }

    /// Why a bank gives no money.
    #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    pub enum BankError {
        #[error("{0} has no account")]
        NoAccount(String),
        #[error("{missing} is missing")]
        TooLittle { missing: u64 },
    }

    impl Bank {
        pub const SMALLEST: u64 = 1;
    }

    /// What others may ask of a bank.
    #[rpc_export]
    impl Bank {
        #[rpc_export(skip)]
        pub fn new() -> Self {
            Self::default()
        }

        /// Puts money on an account, and says how much is there.
        pub fn deposit(&self, account: &str, #[default(Self::SMALLEST)] amount: u64) -> u64 {
            self.change(account, |balance| Ok(balance + amount)).unwrap_or_default()
        }

        /// Takes money away.
        ///
        /// # Errors
        ///
        /// Where there is too little.
        #[rpc_export(name = "take", idempotent, reply = "taken")]
        pub fn withdraw(&self, account: &str, amount: u64) -> Result<u64, BankError> {
            if !self.accounts.lock().unwrap().contains_key(account) {
                return Err(BankError::NoAccount(account.to_owned()));
            }
            let missing = |balance| BankError::TooLittle { missing: amount - balance };
            self.change(account, |balance| {
                balance.checked_sub(amount).ok_or_else(|| missing(balance))
            })
        }

        /// Adds up, some time.
        pub async fn total(&self, #[args] accounts: Vec<String>) -> u64 {
            std::future::ready(()).await;
            let balances = self.accounts.lock().unwrap();
            accounts.iter().filter_map(|account| balances.get(account)).sum()
        }

        /// Uses what the server provides.
        #[rpc_export]
        pub(crate) fn stamp(
            &self,
            context: &CallContext,
            text: &str,
            number: State<u64>,
        ) -> String {
            format!("{text} {} {:?}", *number, context.peer().is_some())
        }

        /// Is for this crate alone.
        pub(crate) fn reset(&self, account: &str) -> u64 {
            self.accounts.lock().unwrap().remove(account).unwrap_or_default()
        }

        #[cfg(any())]
        pub fn absent(&self, value: NoSuchType) -> NoSuchType {
            value
        }

        fn change(
            &self,
            account: &str,
            change: impl FnOnce(u64) -> Result<u64, BankError>,
        ) -> Result<u64, BankError> {
            let mut accounts = self.accounts.lock().unwrap();
            let balance = accounts.entry(account.to_owned()).or_default();
            *balance = change(*balance)?;
            Ok(*balance)
        }
    }
}

use bank::{Bank, BankError, BankStub};

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::new();
    registry.register_instance_at("bank", Bank::new()).unwrap();
    registry.share(7_u64);
    registry
}

#[test]
fn methods_are_called_behind_the_name_of_their_instance() {
    both_ways!(registry(), |client| {
        assert_eq!(client.at("bank").deposit("ada").call().unwrap(), 1);
        assert_eq!(client.at("bank").deposit("ada").amount(4).call().unwrap(), 5);
        let bank = client.at("bank");
        assert_eq!(call!(bank.deposit(account = "ada", amount = 10)).unwrap(), 15);
        assert_eq!(call!(client.at("bank").deposit("grace", 100)).unwrap(), 100);
        let sum = client.call::<u64>("bank.deposit", args!["ada"], kwargs! { amount: 5 });
        assert_eq!(sum.unwrap(), 20);
    });
}

#[test]
fn the_error_of_a_method_comes_back_as_what_it_was() {
    both_ways!(registry(), |client| {
        let bank = client.at("bank");
        let Err(CallError::Function(error)) = bank.withdraw("ada", 5).call() else { panic!() };
        assert_eq!(error, BankError::NoAccount("ada".to_owned()));
        bank.deposit("ada").call().unwrap();
        let Err(CallError::Function(error)) = bank.withdraw("ada", 5).call() else { panic!() };
        assert_eq!(error, BankError::TooLittle { missing: 4 });
        assert_eq!(bank.withdraw("ada", 1).call().unwrap(), 0);
        assert_eq!(client.call::<u64>("bank.take", args!["ada", 0], ()).unwrap(), 0);
    });
}

#[test]
fn a_method_may_be_asynchronous_and_use_what_the_server_provides() {
    both_ways!(registry(), |client| {
        let bank = client.at("bank");
        for account in ["ada", "grace", "mary"] {
            bank.deposit(account).amount(100).call().unwrap();
        }
        assert_eq!(call!(bank.total("ada", "mary", "eve")).unwrap(), 200);
        assert!(bank.stamp("stamped").call().unwrap().starts_with("stamped 7 "));
    });
}

#[test]
fn several_instances_of_one_type_are_kept_apart() {
    let mut registry = registry();
    registry.register_instance_at("other.bank", Bank::new()).unwrap();
    registry.register_instance(Bank::new()).unwrap();
    let server = Model::ThreadPerConnection.start(RpcServer::of(registry));
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(client.at("bank").deposit("ada").call().unwrap(), 1);
    assert_eq!(client.at("other.bank").deposit("ada").amount(20).call().unwrap(), 20);
    assert_eq!(client.at("other").at("bank").deposit("ada").amount(1).call().unwrap(), 21);
    assert_eq!(client.deposit("ada").amount(300).call().unwrap(), 300);
    assert_eq!(client.at("bank").deposit("ada").call().unwrap(), 2);
}

#[test]
fn two_instances_cannot_share_a_name() {
    let refusal = registry().register_instance_at("bank", Bank::new()).unwrap_err();
    assert!(matches!(&refusal, Misuse::RegisteredTwice { name } if name == "bank.deposit"));
}

#[test]
fn a_method_that_is_not_public_is_not_served() {
    assert_eq!(Bank::new().reset("ada"), 0);
    both_ways!(registry(), |client| {
        let refusal = client.call::<u64>("bank.reset", args!["ada"], ()).unwrap_err();
        assert_eq!(refusal.fault().unwrap().code(), code::METHOD_NOT_FOUND);
        let refusal = client.call::<u64>("bank.change", args!["ada", 1], ()).unwrap_err();
        assert_eq!(refusal.fault().unwrap().code(), code::METHOD_NOT_FOUND);
    });
}

#[test]
fn the_listing_has_the_methods_that_are_exported() {
    let registry = registry();
    let functions: Vec<_> = registry.functions().map(ToString::to_string).collect();
    assert_eq!(
        functions,
        [
            "bank.deposit(account: &str, amount: u64 = Self::SMALLEST) -> u64",
            "bank.stamp(text: &str) -> String",
            "bank.take(account: &str, amount: u64) -> Result<u64, BankError>",
            "bank.total(*accounts: Vec<String>) -> u64",
        ]
    );
    let take = registry.functions().nth(2).unwrap();
    assert_eq!(take.doc().lines().next(), Some("Takes money away."));
    assert!(take.is_idempotent() && take.reply_name() == "taken");
}
