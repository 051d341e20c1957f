use std::rc::Rc;

use rpc_core::rpc_export;

#[rpc_export]
async fn wait(ms: u64) -> u64 {
    let shared = Rc::new(ms);
    std::future::ready(()).await;
    *shared
}

fn main() {}
