//! Modules are exported with the strictest lints, and whatever else stands in them.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]
#![allow(clippy::must_use_candidate)]

mod vendored {
    pub(crate) use rpc_core as remote;
}

#[rpc_core::rpc_export(name = "maths", crate = crate::vendored::remote)]
pub mod math {
    //! All of arithmetic.

    use std::collections::BTreeMap;

    /// A number.
    pub type Number = i64;

    /// Holds a number.
    pub struct Holder(pub Number);

    impl Holder {
        /// Tells it.
        pub fn held(&self) -> Number {
            self.0
        }
    }

    macro_rules! double {
        ($number:expr) => {
            2 * $number
        };
    }

    /// Adds.
    pub fn add(a: Number, #[default(double!(1))] b: Number) -> Number {
        a + Holder(b).held()
    }

    /// Counts.
    pub const fn r#loop(r#type: Number) -> Number {
        r#type
    }

    /// Takes anything.
    #[rpc_export(reply = "count")]
    pub fn count(#[args] args: &[Number], #[kwargs] kwargs: &BTreeMap<String, u8>) -> usize {
        args.len() + kwargs.len()
    }

    /// Further down.
    pub mod deep {
        /// Waits.
        pub async fn wait() {
            std::future::ready(()).await;
        }

        /// Is not for others.
        #[rpc_export(skip)]
        pub fn identity<T>(value: T) -> T {
            value
        }
    }
}

fn calls<S: rpc_core::Stub>(client: &S) {
    use math::deep::wait;
    use math::{add, count, r#loop};

    let _ = rpc_core::call!(client.add(1, b = 2));
    let _ = client.r#loop(1).call();
    let _ = rpc_core::call!(client.count(1, 2, kwargs = rpc_core::kwargs! { a: 1 }));
    let _ = client.wait().call();
}

fn main() {
    #[rpc_core::rpc_export]
    mod inner {
        #[rpc_export]
        pub(super) fn exported() {}

        pub(super) fn not_exported() {}
    }
    inner::exported();
    inner::not_exported();
    math::deep::identity(1);
    let _ = calls::<rpc_core::RpcClient>;
}
