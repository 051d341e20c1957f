//! Parameters may be documented, wherever a function stands.

#![deny(missing_docs, warnings)]

use rpc_core::{CallContext, rpc_export};

/// Adds.
#[rpc_export]
pub fn add(
    /// The first.
    a: i64,
    /** The second. */
    #[default(10)]
    b: i64,
    #[doc = "Who calls."] _context: &CallContext,
) -> i64 {
    a + b
}

/// A bank.
pub struct Bank;

#[rpc_export]
impl Bank {
    /// Puts money on an account.
    pub fn deposit(
        &self,
        /// In cents.
        amount: u64,
    ) -> u64 {
        amount
    }
}

/// An API.
#[rpc_export]
pub trait Api {
    /// Answers.
    fn ping(
        &self,
        /// What comes back.
        text: &str,
    ) -> String;
}

/// Arithmetic.
#[rpc_export]
pub mod math {
    /// Halves.
    pub fn half(
        /// What is halved.
        a: i64,
    ) -> i64 {
        a / 2
    }
}

fn main() {
    let _ = (add, Bank::deposit, math::half);
}
