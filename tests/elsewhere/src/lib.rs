//! A crate that a program does not own: it calls the library `rpc`, and exports a name that others
//! export too.

use rpc::rpc_export;

/// Says where it is from.
#[rpc_export(name = "origin")]
pub fn origin() -> String {
    "elsewhere".to_owned()
}

/// Counts.
#[derive(Debug)]
pub struct Counter;

#[rpc_export]
impl Counter {
    /// Returns the number that follows.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn following(&self, number: i64) -> Result<i64, String> {
        number.checked_add(1).ok_or_else(|| "there is none".to_owned())
    }
}

/// Numbers.
#[rpc_export]
pub trait Numbers {
    /// Returns one.
    fn one(&self) -> i64;
}

/// Halves and doubles.
#[rpc_export]
pub mod scale {
    /// Doubles.
    pub fn double(number: i64) -> i64 {
        2 * number
    }
}
