use rpc_core::rpc_export;

#[rpc_export(subscription = "sums")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[rpc_export(unsubscribe = "stop")]
fn count(to: u64) -> impl Iterator<Item = u64> {
    1..=to
}

fn main() {}
