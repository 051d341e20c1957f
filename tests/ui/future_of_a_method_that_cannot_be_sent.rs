use std::rc::Rc;

use rpc_core::rpc_export;

#[rpc_export]
trait Clock {
    async fn wait(&self, ms: u64) -> u64;
}

struct Here;

impl Clock for Here {
    async fn wait(&self, ms: u64) -> u64 {
        let shared = Rc::new(ms);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
