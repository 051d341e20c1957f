use rpc_core::rpc_export;

#[rpc_export]
fn ignore(_: i64) {}

fn main() {}
