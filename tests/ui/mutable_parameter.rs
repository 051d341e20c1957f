use rpc_core::rpc_export;

#[rpc_export]
fn increment(value: &mut i64) {
    *value += 1;
}

fn main() {}
