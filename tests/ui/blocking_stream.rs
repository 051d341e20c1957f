use rpc_core::rpc_export;

#[rpc_export(blocking)]
fn ticks() -> impl Stream<Item = u64> {
    loop {}
}

#[rpc_export(blocking)]
async fn lines() -> impl Iterator<Item = u64> {
    0..1
}

fn main() {}
