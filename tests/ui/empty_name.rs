use rpc_core::rpc_export;

#[rpc_export(name = "")]
fn ping() {}

fn main() {}
