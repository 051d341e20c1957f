use rpc_core::rpc_export;

struct Counter(i64);

trait Next {
    fn next(&self) -> i64;
}

#[rpc_export]
impl Next for Counter {
    fn next(&self) -> i64 {
        self.0
    }
}

fn main() {}
