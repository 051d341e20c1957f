use rpc_core::rpc_export;

struct Counter(i64);

#[rpc_export]
impl Counter {
    pub fn value(&self) -> i64 {
        self.0
    }

    #[rpc_export(name = "value")]
    fn next(&self) -> i64 {
        self.0 + 1
    }
}

fn main() {}
