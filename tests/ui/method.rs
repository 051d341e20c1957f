use rpc_core::rpc_export;

struct Counter(i64);

impl Counter {
    #[rpc_export]
    fn value(&self) -> i64 {
        self.0
    }
}

fn main() {}
