use rpc_core::rpc_export;

#[rpc_export]
fn name() -> impl ToString {
    "name"
}

fn main() {}
