use rpc_core::rpc_export;

#[rpc_export]
fn show(value: impl ToString) -> String {
    value.to_string()
}

fn main() {}
