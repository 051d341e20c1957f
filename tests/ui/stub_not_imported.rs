mod functions {
    #[rpc_core::rpc_export]
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }
}

fn calls(client: impl rpc_core::Stub) {
    let _ = rpc_core::call!(client.add(1, 2));
}

fn main() {}
