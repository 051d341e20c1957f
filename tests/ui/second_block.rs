use rpc_core::rpc_export;

struct Bank;

#[rpc_export]
impl Bank {
    pub fn balance(&self) -> i64 {
        0
    }
}

#[rpc_export]
impl Bank {
    pub fn close(&self) {}
}

fn main() {}
