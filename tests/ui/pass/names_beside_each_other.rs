//! What is generated stays out of the way of a user's names, or is given others.

#![deny(warnings)]

use rpc_core::{Stub, call, rpc_export};

/// Adds.
#[rpc_export(stub = AddStub)]
pub fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// A module beside a function of its name, as in the file `add.rs`.
pub mod add {
    /// Adds floats.
    #[rpc_core::rpc_export]
    pub fn floats(a: f64, b: f64) -> f64 {
        a + b
    }
}

mod negate {
    #[rpc_core::rpc_export(stub = NegateStub)]
    pub(crate) fn negate(a: i64) -> i64 {
        -a
    }
}
use negate::{NegateStub, negate};

/// The name that the type of a call has, where it stands.
pub struct AddCall;

/// Two functions whose names differ in case only.
#[rpc_export]
pub fn get_user(id: u64) -> u64 {
    id
}

/// The other.
#[rpc_export]
#[allow(non_snake_case)]
pub fn getUser(id: u64) -> u64 {
    get_user(id)
}

/// A bank.
pub struct Bank;

/// A name that is taken.
pub struct BankStub;

#[rpc_export(stub = BankCalls)]
impl Bank {
    /// Returns what is there.
    pub fn balance(&self) -> i64 {
        0
    }
}

#[rpc_export(more, stub = BankAdmin)]
impl Bank {
    /// Closes an account.
    pub fn close(&self, account: &str) -> Result<bool, String> {
        Ok(account.is_empty())
    }
}

/// An API.
#[rpc_export(stub = Remote)]
pub trait Api {
    /// Answers.
    fn ping(&self);
}

/// Arithmetic.
#[rpc_export]
pub mod math {
    /// Multiplies.
    #[rpc_export(stub = Multiply)]
    pub fn multiply(a: i64, b: i64) -> i64 {
        a * b
    }

    /// More of it.
    pub mod multiply {
        /// Squares.
        pub fn square(a: i64) -> i64 {
            super::multiply(a, a)
        }
    }
}

fn calls<S: Stub>(client: S) {
    use add::floats;
    use math::{Multiply, multiply::square};

    let _ = call!(client.add(1, b = 2));
    let _ = call!(client.floats(1.0, 2.0));
    let _ = call!(client.negate(negate(1)));
    let _ = (call!(client.get_user(1)), call!(client.getUser(1)));
    let _ = (call!(client.balance()), call!(client.close("ada")));
    let _ = call!(client.ping());
    let _ = (call!(client.multiply(1, 2)), call!(client.square(3)));

    #[rpc_export(stub = WithinStub)]
    fn within(a: i64) -> i64 {
        a
    }
    #[allow(dead_code)]
    mod within {}
    let _ = call!(client.within(1));
}

pub struct Names;

// Names that are one in the case of types.
#[rpc_export]
impl Names {
    pub fn add_user(&self) {}
    #[allow(non_snake_case)]
    pub fn addUser(&self) {}
    pub fn a1(&self) {}
    pub fn a_1(&self) {}
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
    let _ = (AddCall, BankStub, add::floats(1.0, 2.0));
}
