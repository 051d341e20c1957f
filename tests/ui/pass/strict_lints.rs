//! Generated code is quiet under the strictest lints.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::borrow::Cow;

use rpc_core::{Stub, call, rpc_export};

/// Functions for other crates.
pub mod public {
    use rpc_core::rpc_export;

    /// Moves money.
    ///
    /// ```
    /// assert!(true);
    /// ```
    #[rpc_export(name = "bank.transfer", reply = "done")]
    #[must_use]
    pub fn transfer(from_account: &str, to_account: &str, is_urgent: bool) -> bool {
        is_urgent && from_account != to_account
    }

    /// Adds two numbers.
    ///
    /// # Errors
    ///
    /// When the sum is too large.
    #[rpc_export]
    pub fn add(self_: u8, #[default(1)] add: u8) -> Result<u8, String> {
        self_.checked_add(add).ok_or_else(|| "too large".to_owned())
    }

    #[doc(hidden)]
    #[rpc_export]
    #[deprecated]
    pub const fn old() {}
}

#[rpc_export]
fn ping() {}

#[rpc_export]
#[allow(non_snake_case)]
fn Upper(Case: i64, mut sum: i64) -> i64 {
    sum += Case;
    sum
}

#[rpc_export]
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn describe<'a>(
    text: &'a str,
    note: Option<&str>,
    #[default("!".into())] end: Cow<'a, str>,
) -> String {
    text.to_owned() + note.unwrap_or_default() + &end
}

mod inner {
    #[rpc_core::rpc_export]
    pub(super) fn total(values: &[f64], #[default(&[])] more: &[f64]) -> f64 {
        values.iter().chain(more).sum()
    }
}

fn calls<S: Stub>(client: &S) {
    use inner::total;
    use public::{add, transfer};

    let _ = call!(client.transfer("a", "b", is_urgent = true));
    let _ = client.add(1).add(2).call();
    let _ = call!(client.ping());
    let _ = call!(client.Upper(1, sum = 2));
    let _ = call!(client.describe("a", end = "?", note = "b"));
    let _ = client.describe("a").note(Some("b")).end("c").call();
    let _ = call!(client.total(&[1.0], &[2.0]));
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
    let _ = describe;
}
