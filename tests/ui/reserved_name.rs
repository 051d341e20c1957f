use rpc_core::rpc_export;

#[rpc_export(name = "rpc.ping")]
fn ping() {}

fn main() {}
