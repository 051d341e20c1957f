//! What the server provides stands anywhere, and futures own what they need, in any module.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

mod functions {
    #[allow(dead_code)]
    mod core {}
    #[allow(dead_code)]
    mod std {}
    #[allow(dead_code)]
    struct Result;
    #[allow(dead_code)]
    struct Option;

    #[::rpc_core::rpc_export(blocking, idempotent, name = "first")]
    pub(super) fn first(
        context: &::rpc_core::CallContext,
        a: i64,
        state: &::rpc_core::State<i64>,
        #[default(2)] b: i64,
        _: &::rpc_core::CallContext,
    ) -> bool {
        context.peer().is_some() && a + b == **state
    }

    #[::rpc_core::rpc_export]
    pub(super) async fn second(
        text: &str,
        context: &::rpc_core::CallContext,
        numbers: &[u8],
        #[default("a".into())] cow: ::std::borrow::Cow<'_, str>,
        state: ::rpc_core::State<::std::string::String>,
        note: ::core::option::Option<&str>,
        #[default(&[1])] more: &[i64],
    ) -> ::core::result::Result<::std::string::String, ::std::string::String> {
        ::core::future::ready(()).await;
        ::core::result::Result::Ok(::std::format!(
            "{text}{context:?}{numbers:?}{cow}{state:?}{note:?}{more:?}"
        ))
    }
}

use functions::{first, second};

fn calls<S: rpc_core::Stub>(client: &S) {
    let _ = client.first(1).b(2).call();
    let _ = rpc_core::call!(client.second("a", b"b", cow = "c", note = "d", more = &[2]));
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
}
