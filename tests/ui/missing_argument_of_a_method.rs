use rpc_core::{Stub, call, rpc_export};

struct Counter(i64);

#[rpc_export]
impl Counter {
    pub fn value(&self, offset: i64) -> i64 {
        self.0 + offset
    }
}

fn calls<S: Stub>(client: S) {
    let _ = call!(client.at("counter").value());
}

fn main() {}
