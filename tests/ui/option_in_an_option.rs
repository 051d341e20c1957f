use rpc_core::rpc_export;

#[rpc_export]
fn set(note: Option<Option<i64>>) {
    let _ = note;
}

#[rpc_export]
fn get() -> Vec<Option<Option<i64>>> {
    vec![Some(None)]
}

fn main() {}
