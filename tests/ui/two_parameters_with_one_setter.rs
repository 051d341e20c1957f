use rpc_core::rpc_export;

#[rpc_export]
fn span(start: i64, start_: i64) -> i64 {
    start_ - start
}

fn main() {}
