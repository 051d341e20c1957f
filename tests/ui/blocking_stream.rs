use std::pin::Pin;

use futures_core::Stream;
use rpc_core::rpc_export;

#[rpc_export(blocking)]
fn ticks() -> Pin<Box<dyn Stream<Item = u64> + Send>> {
    unimplemented!()
}

#[rpc_export(blocking)]
async fn lines() -> impl Iterator<Item = u64> {
    0..1
}

fn main() {}
