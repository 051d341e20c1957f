use rpc_core::{call, rpc_export};

#[rpc_export]
mod math {
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    pub mod add {
        pub fn floats(a: f64, b: f64) -> f64 {
            a + b
        }
    }
}

fn calls(client: impl rpc_core::Stub) {
    use math::AddStub;
    let _ = call!(client.add(1, 2));
}

fn main() {}
