use rpc_core::rpc_export;

struct Counter;

#[rpc_export(name = "counter")]
impl Counter {
    pub fn value(&self) -> i64 {
        1
    }
}

fn main() {}
