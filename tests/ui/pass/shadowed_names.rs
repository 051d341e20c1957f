//! Generated code names everything from the root, whatever the names mean where it stands.

mod functions {
    #[allow(dead_code)]
    mod core {}
    #[allow(dead_code)]
    mod std {}
    #[allow(dead_code)]
    struct Option;
    #[allow(dead_code)]
    struct Result;
    #[allow(dead_code)]
    struct Given;
    #[allow(dead_code)]
    trait Stub {}

    #[::rpc_core::rpc_export]
    pub fn total(values: &[f64], name: &str, #[default(1.0)] factor: f64) -> ::std::string::String {
        let mut sum = 0.0;
        for value in values {
            sum += *value * factor;
        }
        ::std::format!("{name}: {sum}")
    }

    #[::rpc_core::rpc_export]
    pub fn note(
        text: ::core::option::Option<&str>,
    ) -> ::core::result::Result<bool, ::std::string::String> {
        ::core::result::Result::Ok(text.is_some())
    }
}

use functions::{note, total};

fn calls<S: rpc_core::Stub>(client: S) {
    let _ = rpc_core::call!(client.total(&[1.0], "sum", factor = 2.0));
    let _ = rpc_core::call!(client.note("text"));
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
}
