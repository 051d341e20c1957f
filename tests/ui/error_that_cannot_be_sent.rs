use rpc_core::rpc_export;

struct Refused;

#[rpc_export]
fn enter() -> Result<(), Refused> {
    Err(Refused)
}

fn main() {}
