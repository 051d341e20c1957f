use rpc_core::rpc_export;

struct Counter(i64);

#[rpc_export]
impl Counter {
    pub fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }

    pub fn into_inner(self) -> i64 {
        self.0
    }
}

fn main() {}
