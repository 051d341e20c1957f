#[rpc_core::rpc_export]
#[path = "pass/raw_identifiers.rs"]
mod math;

fn main() {}
