use rpc_core::rpc_export;

#[rpc_export]
fn show<T: ToString>(value: T) -> String {
    value.to_string()
}

fn main() {}
