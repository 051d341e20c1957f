use rpc_core::rpc_export;

async fn one() -> i64 {
    1
}

#[rpc_export]
async fn waits(#[default(one().await)] value: i64) -> i64 {
    value
}

fn main() {}
