use rpc_core::rpc_export;

#[rpc_export(idempotent)]
#[rpc_export(name = "sum")]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

struct Bank;

#[rpc_core::rpc_export]
#[rpc_core::rpc_export]
impl Bank {
    #[rpc_export]
    #[rpc_export]
    pub fn balance(&self) -> i64 {
        0
    }
}

#[rpc_export]
#[rpc_export]
trait Api {
    fn ping(&self);
}

#[rpc_export]
#[rpc_export]
mod math {
    pub fn one() -> i64 {
        1
    }
}

fn calls(client: impl rpc_core::Stub) {
    let _ = rpc_core::call!(client.add(1, b = 2));
    let _ = rpc_core::call!(client.balance());
}

fn main() {}
